// AgentStatus is what the watch says of itself, in fixed memory.
//
// The tick fills one in now and then; the courier writes it to STATE/status.json, from where
// `homeostat status` reads it. So status can be read when the agent hangs or is gone, too.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "agent/anomaly_tally.hpp"
#include "collectors/collector_set.hpp"
#include "core/decision.hpp"
#include "core/event.hpp"
#include "core/fixed_vector.hpp"
#include "core/time.hpp"

namespace homeostat {

struct CollectorLine {
    FixedString<31> name;
    CollectorState state = CollectorState::Waiting;
    FixedString<159> reason;
    std::uint64_t errors = 0;
    std::uint64_t samples_last = 0;
    std::uint64_t samples = 0;  // of all runs
    std::uint64_t runs = 0;
    Duration took;             // all runs together
    std::uint32_t slowed = 1;  // times its interval, to keep to cpu_budget
    std::uint32_t misses = 0;  // deadlines missed in a row, until now
};

// The last scrape of an exporter.
struct ScrapeLine {
    FixedString<63> target;  // by its name in the config
    bool up = false;
    Duration took;
    std::uint64_t samples = 0;  // in the body, wanted or not; 0 when it failed
};

// What the fleet's side says of its OpAMP server.
struct OpampStatus {
    bool used = false;       // one is configured
    bool connected = false;  // its last answer was good
    std::uint64_t sent = 0;  // messages
    std::uint64_t received = 0;
    FixedString<15> remote_config = "unset";  // or "applying", "applied", "failed"
};

// Bytes that the config costs, allocated at start and never more.
struct MemoryUse {
    std::size_t series = 0;
    std::size_t detectors = 0;
    std::size_t recorder = 0;
    std::size_t processes = 0;
    std::size_t buffers = 0;

    [[nodiscard]] std::size_t total() const {
        return series + detectors + recorder + processes + buffers;
    }
};

// What became of actions that were asked for.
struct ActionResults {
    std::uint64_t ok = 0;
    std::uint64_t failed = 0;       // so did what was to take one back
    std::uint64_t denied = 0;       // the actuator refused
    std::uint64_t dry_run = 0;      // mode observe: it said what it would do
    std::uint64_t rolled_back = 0;  // it took one back
    std::uint64_t waiting = 0;      // it waits for a person's leave
    std::uint64_t unreached = 0;    // it did not answer, and nothing was done
    std::uint64_t unknown = 0;      // it did not answer, and something may have been done
};

struct ActionLine {
    FixedString<63> rule;
    ActionResults results;
};

// The same since start, for all and for each rule. Rules beyond kLinesMax count as "other".
struct ActionCounts {
    static constexpr std::size_t kLinesMax = 16;

    ActionResults all;
    FixedVector<ActionLine, kLinesMax + 1> by_rule;
    std::array<std::uint64_t, kGuards> blocked{};  // not asked for: decisions, by their guard

    void know(std::string_view rule);  // it is in the rulebooks: a line of zeros, once
    void note(const ActionReport& report);
};

struct AgentStatus {
    Instant at;
    std::uint64_t ticks = 0;
    bool reload_refused = false;  // the newest configuration has faults: an older one is in force
    std::uint64_t overruns = 0;   // cycles that took longer than a tick, or slept through one
    std::uint64_t series = 0;
    std::uint64_t series_max = 0;
    std::uint64_t series_refused = 0;
    std::uint64_t samples_last = 0;
    std::uint64_t samples_dropped = 0;
    std::uint64_t findings = 0;
    std::uint64_t findings_dropped = 0;
    AnomalyCounts anomalies;  // since start
    std::uint64_t series_learned = 0;
    double learned_ratio = 0;
    std::uint64_t series_held = 0;     // held: an incident is open on them, or maintenance
    std::uint64_t events = 0;          // heard of since start
    std::uint64_t events_dropped = 0;  // more than one tick holds
    std::uint64_t incidents_open = 0;
    std::uint64_t incidents_opened = 0;
    std::uint64_t incidents_refused = 0;
    std::uint64_t incidents_delayed = 0;  // waited a tick because the courier was behind
    std::uint64_t actions_refused = 0;    // the actor was behind
    ActionCounts actions;
    std::int64_t paused_until_unix_ns = 0;  // a person's `homeostat pause`; 0: not paused
    FixedVector<Event, 16> events_newest;   // the newest first
    MemoryUse memory;
    FixedVector<CollectorLine, 96> collectors;  // our own, and each exporter
    FixedVector<ScrapeLine, 16> scrapes;        // of each exporter that was tried
    OpampStatus opamp;
};

}  // namespace homeostat
