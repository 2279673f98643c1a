// FleetHealth turns what the watch and the courier say of themselves into the components that an
// OpAMP server is told (requirement 13): collect, detect, act, config, export.NAME and scrape.NAME,
// and the agent as a whole. No counters are in it, and a reason that differs from the one told in
// its numbers alone is the one told, so that it changes only when something does.
//
// Not for several threads at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/fleet/opamp_client.hpp"
#include "agent/metrics_text.hpp"
#include "agent/status.hpp"

namespace homeostat {

class FleetHealth {
public:
    void observe(const AgentStatus& status);
    void observe(const CourierSnapshot& courier);

    // The bundle in force has ended: "expired 2026-12-21T03:00:00Z"; empty: it has not.
    void set_stale(std::string why) { stale_ = std::move(why); }

    // The agent as a whole first; empty until the watch has spoken.
    [[nodiscard]] std::vector<OpampComponent> components() const;

private:
    std::vector<OpampComponent> watch_;   // collect, detect, scrape.NAME
    std::vector<OpampComponent> export_;  // export.NAME, export.spool when the disk refuses
    OpampComponent act_{"act", true, "ok", ""};
    ActionResults acted_;
    bool reload_refused_ = false;
    std::string stale_;
};

}  // namespace homeostat
