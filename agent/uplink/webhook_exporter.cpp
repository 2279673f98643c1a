#include "agent/uplink/webhook_exporter.hpp"

#include <algorithm>

#include "agent/uplink/otlp_response.hpp"
#include "agent/uplink/standard_webhook.hpp"
#include "agent/uplink/webhook_body.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kDigestRecordsMax = 64;
constexpr std::size_t kResponseMax = 64U << 10U;
constexpr std::size_t kLastingMax = 512;  // far beyond incidents.open_max
constexpr Duration kPagerDutyThrottled = minutes(1);
constexpr Instant kNever{.monotonic_ns = INT64_MAX, .unix_ns = 0};

}  // namespace

Outcome judge_webhook(const Result<HttpResponse>& answer, WebhookKind kind,
                      std::int64_t now_unix_ns) {
    Outcome outcome = judge_http(answer, 1, now_unix_ns);
    if (outcome.status >= 500 && outcome.status < 600) outcome.verdict = Verdict::Retry;
    if (outcome.status == 429 && kind == WebhookKind::PagerDuty) {
        outcome.retry_least = kPagerDutyThrottled;
    }
    if (outcome.status == 410) {
        outcome.verdict = Verdict::Hold;
        outcome.message.append(" (gone: not asked again until the config is loaded anew)");
    }
    return outcome;
}

WebhookExporter::WebhookExporter(WebhookSettings settings, AgentIdentity identity, Fetcher& fetcher)
    : settings_(std::move(settings)),
      identity_(std::move(identity)),
      fetcher_(fetcher),
      tokens_(settings_.burst) {
    for (const std::string& secret : {settings_.secret, settings_.secret_previous}) {
        auto key = decode_webhook_secret(secret);
        if (settings_.kind == WebhookKind::Generic && key) keys_.push_back(std::move(*key));
    }
}

std::size_t WebhookExporter::records_max() const {
    return kDigestRecordsMax;
}

const WebhookExporter::Lasting* WebhookExporter::find(const IncidentId& id) const {
    const auto found = std::find_if(lasting_.begin(), lasting_.end(),
                                    [&id](const Lasting& lasting) { return lasting.id == id; });
    return found == lasting_.end() ? nullptr : &*found;
}

void WebhookExporter::hear(const Incident& incident) {
    const Lasting* known = find(incident.id);
    if (incident.is_over()) {
        if (known != nullptr) lasting_.erase(lasting_.begin() + (known - lasting_.data()));
    } else if (known == nullptr && lasting_.size() < kLastingMax) {
        lasting_.push_back({.id = incident.id, .newest = incident.seq});
    }
}

// The critical class is first and in order: nothing newer can have been sent before one of it.
bool WebhookExporter::is_overtaken(const Incident& incident) const {
    if (incident.is_over() || spool_class_of(incident) == SpoolClass::Critical) return false;
    const Lasting* lasting = find(incident.id);
    if (lasting == nullptr || incident.seq < lasting->newest) return true;
    return std::any_of(batch_.begin(), batch_.end(), [&incident](const Incident& other) {
        return other.id == incident.id && other.seq > incident.seq;
    });
}

// Sent, or refused for good: either way its turn is over.
void WebhookExporter::note_sent() {
    for (const Incident& incident : batch_) {
        for (Lasting& lasting : lasting_) {
            if (lasting.id == incident.id) lasting.newest = std::max(lasting.newest, incident.seq);
        }
    }
}

void WebhookExporter::begin() {
    batch_.clear();
}

bool WebhookExporter::wants_digest() const {
    return settings_.kind != WebhookKind::PagerDuty && tokens_ < 2;
}

bool WebhookExporter::add(const Incident& incident, const Gap&, Instant) {
    if (!batch_.empty() && !wants_digest()) return false;
    batch_.push_back(incident);
    return true;
}

void WebhookExporter::refill(Instant now) {
    if (refilled_.monotonic_ns != 0) {
        tokens_ += (now - refilled_).seconds() * settings_.per_minute / 60.0;
    }
    tokens_ = std::min<double>(tokens_, settings_.burst);
    refilled_ = now;
}

Instant WebhookExporter::ready_at(Instant now) {
    if (gone_) return kNever;
    refill(now);
    if (tokens_ >= 1) return now;
    constexpr double kMargin = 0.001;  // seconds, so that the token is whole by then
    const double wait = (1 - tokens_) * 60.0 / settings_.per_minute + kMargin;
    return now + Duration{static_cast<std::int64_t>(wait * 1e9)};
}

Outcome WebhookExporter::send(Instant now) {
    HttpRequest request{.method = "POST",
                        .url = settings_.url,
                        .headers = {{"Content-Type", "application/json"},
                                    {"User-Agent", "homeostat/" + identity_.version}},
                        .body = body(),
                        .tls = settings_.tls,
                        .connect_timeout = settings_.connect_timeout,
                        .timeout = settings_.timeout,
                        .response_max = kResponseMax};
    if (request.url.empty()) request.url = kPagerDutyUrl;
    for (const HttpHeader& header : settings_.headers) request.headers.push_back(header);
    sign(request, now);
    tokens_ -= 1;
    Outcome outcome = judge_webhook(fetcher_.fetch(request), settings_.kind, now.unix_ns);
    if (outcome.verdict == Verdict::Advance || outcome.verdict == Verdict::Drop) note_sent();
    outcome.bytes_raw = outcome.bytes_wire = request.body.size();
    gone_ = outcome.status == 410;
    return outcome;
}

std::string WebhookExporter::body() const {
    const bool digest = batch_.size() > 1;
    switch (settings_.kind) {
        case WebhookKind::Slack:
            return digest ? slack_digest(batch_, identity_) : slack_body(batch_[0], identity_);
        case WebhookKind::PagerDuty: return pagerduty_body(batch_[0], identity_, settings_.secret);
        case WebhookKind::Generic: break;
    }
    return digest ? generic_digest(batch_, identity_) : generic_body(batch_[0], identity_);
}

// The same when the same is sent again, so that a receiver can drop repeats.
std::string WebhookExporter::message_id() const {
    const std::string first = fmt::format("{}.{}", batch_[0].id.text(), batch_[0].seq);
    return batch_.size() == 1 ? first : fmt::format("digest.{}.{}", first, batch_.size());
}

void WebhookExporter::sign(HttpRequest& request, Instant now) const {
    if (settings_.kind != WebhookKind::Generic) return;
    const std::string id = message_id();
    const std::int64_t seconds_now = now.unix_ns / seconds(1).ns;
    request.headers.push_back({"webhook-id", id});
    request.headers.push_back({"webhook-timestamp", fmt::format("{}", seconds_now)});
    std::string signatures;
    for (const std::string& key : keys_) {
        if (!signatures.empty()) signatures += ' ';
        signatures += sign_webhook(key, id, seconds_now, request.body);
    }
    if (!signatures.empty()) request.headers.push_back({"webhook-signature", signatures});
}

}  // namespace homeostat
