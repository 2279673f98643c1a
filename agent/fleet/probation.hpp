// Probation: whether this host is as well with a new bundle as it was before.
//
// It looks at the agent itself only: a bundle must not be kept because the host happens to be well,
// nor lost because a disk failed. What the agent costs, whether it keeps its pace, whether the
// collectors answer, and how much it talks, measured against the same just before. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "core/time.hpp"

namespace homeostat {

// Counters since the start of the process, and what is now.
struct AgentHealth {
    Instant at;
    std::uint64_t resident_bytes = 0;
    double cpu_seconds = 0;
    std::uint64_t ticks = 0;
    std::uint64_t samples = 0;  // that the last tick brought
    // Of the agent's own collectors, not of what it scrapes: that may be away with any bundle.
    std::uint64_t collectors_failing = 0;  // that overran their time and were taken out
    std::uint64_t collectors_unknown = 0;  // whose last run failed
    std::uint64_t collectors_mute = 0;  // of those: never one run of this configuration went well
    std::uint64_t incidents_opened = 0;
};

// What a bundle may cost. The host's unit allows 128 MiB and half a core.
inline constexpr std::uint64_t kProbationResidentMax = 96UL << 20U;
inline constexpr std::uint64_t kProbationResidentMore = 32UL << 20U;  // than before
inline constexpr double kProbationCpuShareMax = 0.25;                 // of one core
inline constexpr std::uint64_t kProbationIncidentsMore = 10;          // opened within the probation

// `before` was taken just before the bundle came into force, `start` by the first look after it.
// Empty: nothing speaks against it. Before a few ticks have passed nothing is held against the
// pace.
std::string find_fault(const AgentHealth& before, const AgentHealth& start, const AgentHealth& now,
                       Duration tick);

}  // namespace homeostat
