// Probation: whether this host is as well with a new bundle as it was before.
//
// It looks at the agent itself only: a bundle must not be kept because the host happens to be well,
// nor lost because a disk failed. What the agent costs, whether it keeps its pace, whether the
// collectors answer, and how much it talks, each against the same just before.
//
// A bundle answers for what it has changed (docs/decisions/0022). A collector that had been slow or
// without an answer before is no witness, and neither is anybody in a time in which the host gave
// the agent no processor, or was stalled itself (Documentation/accounting/psi.rst). A deadline
// missed once is an accident, three times in a row it is a fault. While one or two are open, the
// probation goes on, for as long again. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/time.hpp"

namespace homeostat {

// One of the agent's own collectors. What it scrapes is not looked at: that may be away with any
// bundle.
struct CollectorHealth {
    std::uint32_t misses = 0;  // deadlines missed in a row, until now
    bool unknown = false;      // its last run failed
    bool mute = false;         // and never one run of this configuration went well
};

inline constexpr std::size_t kProbationCollectorsMax = 96;

// How long something was waited for, in seconds, since moments in the past that do not matter: only
// differences do. What the kernel does not count stays 0.
struct WaitedSeconds {
    double watch = 0;   // the watch itself, for a processor (/proc/self/schedstat)
    double cpu = 0;     // any program of the host (/proc/pressure, "some")
    double memory = 0;  // the same
    double io = 0;
};

// Counters since the start of the process or of its configuration, and what is now.
struct AgentHealth {
    Instant at;
    std::uint64_t resident_bytes = 0;
    double cpu_seconds = 0;
    std::uint64_t ticks = 0;
    std::uint64_t samples = 0;
    std::uint64_t incidents_opened = 0;
    std::array<CollectorHealth, kProbationCollectorsMax> collectors{};  // as in collector_rows()
    WaitedSeconds waited;
};

// What a bundle may cost. The host's unit allows 128 MiB and half a core.
inline constexpr std::uint64_t kProbationResidentMax = 96UL << 20U;
inline constexpr std::uint64_t kProbationResidentMore = 32UL << 20U;  // than before
inline constexpr double kProbationCpuShareMax = 0.25;                 // of one core
inline constexpr std::uint64_t kProbationIncidentsMore = 10;          // opened, than before
inline constexpr std::uint32_t kProbationMissesMax = 2;               // in a row
// In doubt it takes as long again, but for these bounds.
inline constexpr Duration kProbationDoubtLeast = minutes(1);
inline constexpr Duration kProbationDoubtMost = minutes(10);

// Whether between the two looks the host kept the agent, or its own programs, from their work.
bool is_starved(const AgentHealth& from, const AgentHealth& to);

enum class TrialEnd : std::uint8_t { GoesOn, Keep, RollBack };

// The text says what is wrong; with Keep, which doubt was never settled, mostly none.
struct Verdict {
    TrialEnd end = TrialEnd::GoesOn;
    std::string text;
};

class Probation {
public:
    // `before` was taken just before the bundle came into force, `earlier` some minutes before that
    // with the same configuration (or `before` again, when there is none), `start` by the first
    // look after it.
    Probation(const AgentHealth& before, const AgentHealth& earlier, const AgentHealth& start);

    // To be asked about once a second. `tick` is that of the new configuration, `length` how long
    // the probation takes when all is well.
    Verdict look(const AgentHealth& now, Duration tick, Duration length);

private:
    void close_window(const AgentHealth& now);
    [[nodiscard]] std::string fault(const AgentHealth& now, Duration tick) const;
    [[nodiscard]] std::string doubt(const AgentHealth& now, Duration tick) const;
    [[nodiscard]] std::string ill_collectors(const AgentHealth& now) const;

    AgentHealth before_;
    double cpu_share_before_ = 0;
    std::uint64_t incidents_before_ = 0;
    AgentHealth start_;
    AgentHealth window_;  // its beginning
    bool starved_ = false;
    Duration fair_;  // of the time until window_: not starved
    std::uint64_t fair_ticks_ = 0;
    std::array<std::uint32_t, kProbationCollectorsMax> misses_{};  // in a row, in fair time
};

}  // namespace homeostat
