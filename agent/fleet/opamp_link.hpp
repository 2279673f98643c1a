// OpampLink joins an OpAMP server to this host: what the server offers goes to the keeper like any
// other bundle, and what became of it goes back, with the hash that was offered.
//
// STATE/fleet/opamp remembers over restarts which offer was received last, so that a server that
// repeats it is not taken for one that has news.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/fleet/fleet_files.hpp"
#include "agent/fleet/keeper.hpp"
#include "agent/fleet/opamp_client.hpp"
#include "agent/fleet/opamp_connection.hpp"
#include "agent/fleet/opamp_network.hpp"
#include "agent/fleet/own_metrics.hpp"
#include "agent/status.hpp"
#include "core/fetcher.hpp"
#include "core/function_ref.hpp"

namespace homeostat {

inline constexpr const char* kOpampFile = "opamp";

// The offer that was received last.
struct OpampMemory {
    std::string hash;          // as the server gave it
    std::string digest;        // of the bundle in it; empty: it held none
    OfferReport report;        // of what cannot be read off the rollout record
    std::string instance_uid;  // given by the server; empty: our own
};
std::string to_text(const OpampMemory& memory);
Result<OpampMemory> parse_opamp_memory(std::string_view text);

// What to tell about the offer now: on its way, in force, or failed and why.
OfferReport report_of(const OpampMemory& memory, const RolloutRecord& record);

class OpampLink {
public:
    using Take = FunctionRef<OfferAnswer(std::string_view text, std::string_view signature)>;

    // `files` is borrowed.
    OpampLink(OpampSettings settings, OpampIdentity identity, FleetFiles& files,
              std::uint64_t seed);

    static constexpr Duration kFirstWithin = seconds(30);

    // One exchange, when one is due; over a WebSocket what the server has sent since, and a message
    // when one is due. The first comes at a random moment within kFirstWithin, or the poll interval
    // if that is shorter: hosts that start together do not ask together.
    // `view.config` is filled in here, from the record.
    void poll(Instant now, OpampNetwork network, OpampView view, const RolloutRecord& record,
              Take take);

    // What the agent says of itself goes where the server has offered.
    void send_metrics(Instant now, Fetcher& fetcher, const AgentStatus& status,
                      const AgentHealth& usage) {
        metrics_.step(now, fetcher, status, usage);
    }
    [[nodiscard]] bool sends_metrics() const { return metrics_.is_on(); }

    // The last message of a process that ends, and a WebSocket's goodbye: two seconds at most.
    void say_farewell(Instant now, OpampNetwork network);

    // How it fares; `record` as for poll().
    [[nodiscard]] OpampStatus status(const RolloutRecord& record) const;

    [[nodiscard]] const std::string& problem() const {
        return client_.problem().empty() ? metrics_.problem() : client_.problem();
    }

private:
    using End = OpampConnection::End;

    void ask(Instant now, Fetcher& fetcher, const OpampView& view, Take take);
    void talk(Instant now, MessageChannel& channel, const OpampView& view, Take take);
    void listen(Instant now, MessageChannel& channel, Take take);
    void hear(Instant now, const ChannelNews& news, MessageChannel& channel, Take take);
    void hang_up(Instant now, MessageChannel& channel);
    // `end`: as a channel's news say it.
    void note_end(const Result<HttpResponse>& end, Instant now);
    void heed(const OpampNews& news, Take take);
    void take_offer(const OpampOffer& offer, Take take);
    void follow(End end, const OpampNews& news, Instant now);
    void save();

    FleetFiles& files_;
    OpampMemory memory_;
    OpampConnection connection_;
    OpampClient client_;
    OwnMetrics metrics_;
    std::optional<OfferReport> metrics_report_;  // when the newest offer was about these alone
    Duration first_wait_;
    std::optional<Instant> began_;       // the first poll
    bool met_ = false;                   // the server has answered once
    std::optional<Instant> open_since_;  // of the WebSocket
    bool settled_ = false;               // and the server has spoken, or let us for a while
    bool changed_ = false;               // the settings lead elsewhere now
    std::uint64_t sent_ = 0;             // messages
    std::uint64_t received_ = 0;
};

}  // namespace homeostat
