// OwnMetrics sends what this agent costs and does to where an OpAMP server has offered, as OTLP
// metrics over HTTP, every ten seconds, where the owner lets servers ask for them
// (opamp.accept_own_metrics). What cannot be sent is dropped: the next one is as good.
//
// STATE/fleet/own-metrics remembers the offer over restarts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/fleet/fleet_files.hpp"
#include "agent/fleet/opamp_client.hpp"
#include "agent/fleet/probation.hpp"
#include "agent/status.hpp"
#include "core/fetcher.hpp"

namespace homeostat {

inline constexpr const char* kOwnMetricsFile = "own-metrics";

// The body of one request.
std::string own_metrics_body(const OpampIdentity& identity, const AgentStatus& status,
                             const AgentHealth& usage, std::int64_t now_unix_ns);

class OwnMetrics {
public:
    static constexpr Duration kInterval = seconds(10);

    // `files` is borrowed. `tls`: the owner's, for the OpAMP server.
    OwnMetrics(OpampIdentity identity, HttpTls tls, FleetFiles& files);

    // Takes the offer, or says what is wrong with it. An empty endpoint ends the sending.
    std::string take(const OpampMetricsOffer& offer);

    void step(Instant now, Fetcher& fetcher, const AgentStatus& status, const AgentHealth& usage);

    [[nodiscard]] const std::string& hash() const { return offer_.hash; }
    [[nodiscard]] bool is_on() const { return !offer_.endpoint.empty(); }
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    OpampIdentity identity_;
    HttpTls tls_;
    FleetFiles& files_;
    OpampMetricsOffer offer_;
    std::optional<Instant> sent_;
    std::string problem_;
};

}  // namespace homeostat
