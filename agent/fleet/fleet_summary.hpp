// FleetSummary is what `homeostat status` says of the fleet: which bundle is in force, from where
// and since when, what its turn is on this host, and what happened last.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "actions/bundle.hpp"
#include "agent/fleet/rollout_record.hpp"

namespace homeostat {

struct FleetSummary {
    std::string channel;
    BundleRef bundle;   // in force; empty: none
    std::string state;  // kept, probation, stale, none
    std::string source;
    std::int64_t since_unix_ns = 0;
    std::int64_t expires_unix_ns = 0;  // nought: not known
    std::optional<Duration> ring;      // how long this host waits for its turn; nothing: not known
    BundleRef waiting;
    RolloutEvent last;
};

// `in_force` is the bundle itself, when it could be read; it may be null.
FleetSummary summarise(const RolloutRecord& record, const Bundle* in_force,
                       std::string_view machine_id, std::int64_t now_unix_ns);

// One line behind "  fleet      ", without its end.
std::string to_line(const FleetSummary& summary);
nlohmann::ordered_json to_json(const FleetSummary& summary);

// Of a state directory; nothing when no fleet has ever sent anything. What cannot be read of it is
// left out: who runs the watcher checks it again and tells.
std::optional<FleetSummary> read_fleet_summary(const std::string& state,
                                               std::string_view machine_id,
                                               std::int64_t now_unix_ns);

// "from SOURCE: " in front of an event's text, and back.
std::string with_source(std::string_view source, std::string_view text);
std::string source_of(std::string_view text);

}  // namespace homeostat
