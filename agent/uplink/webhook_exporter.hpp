// WebhookExporter tells people and their tools: one POST for each record, signed where a secret is
// given, and not too many.
//
// A bucket of tokens holds `burst` messages and gets `per_minute` new ones. The last token is spent
// on a digest of all that is waiting, so that a storm of incidents is one message and not a
// hundred. PagerDuty gets no digests, because it joins events by their key: there it just waits.
//
// Nobody is told what was, after what is. The spool hands out turning points (an incident begins,
// needs a person, ends) in order and before the updates in between, so an update may have its turn
// after the end, perhaps in another run of the agent: PagerDuty would take it for a new incident
// that never ends. So an update is passed over once its incident is over, and when it is older than
// what was sent, or was known at the start, of an incident that lasts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/uplink/exporter.hpp"
#include "agent/uplink/settings.hpp"
#include "core/fetcher.hpp"

namespace homeostat {

// The answer of a webhook's server: like judge_http, but every 5xx passes, and 410 is final. A
// PagerDuty that says 429 is left alone for a minute at least (Events API v2, "Rate Limits":
// "preferably with a backoff of a few minutes").
Outcome judge_webhook(const Result<HttpResponse>& answer, WebhookKind kind,
                      std::int64_t now_unix_ns);

class WebhookExporter final : public Exporter {
public:
    WebhookExporter(WebhookSettings settings, AgentIdentity identity, Fetcher& fetcher);

    void hear(const Incident& incident) override;
    [[nodiscard]] bool is_overtaken(const Incident& incident) const override;
    void begin() override;
    bool add(const Incident& incident, const Gap& gap, Instant now) override;
    Outcome send(Instant now) override;
    [[nodiscard]] std::size_t records_max() const override;
    [[nodiscard]] Instant ready_at(Instant now) override;

private:
    // An incident that is not over, as far as anybody here has heard.
    struct Lasting {
        IncidentId id;
        std::uint32_t newest = 0;  // seq: of what is older only turning points are sent
    };

    [[nodiscard]] const Lasting* find(const IncidentId& id) const;
    void note_sent();
    void refill(Instant now);
    [[nodiscard]] bool wants_digest() const;
    [[nodiscard]] std::string body() const;
    [[nodiscard]] std::string message_id() const;
    void sign(HttpRequest& request, Instant now) const;

    WebhookSettings settings_;
    AgentIdentity identity_;
    Fetcher& fetcher_;
    std::vector<std::string> keys_;  // to sign with: the secret's, and the previous one's
    std::vector<Incident> batch_;
    std::vector<Lasting> lasting_;  // at most kLastingMax
    double tokens_;
    Instant refilled_;
    bool gone_ = false;  // 410: nobody is asked again until the config is loaded anew
};

}  // namespace homeostat
