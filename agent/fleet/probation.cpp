#include "agent/fleet/probation.hpp"

#include <algorithm>

#include "collectors/registry.hpp"
#include "core/format.hpp"
#include "core/function_ref.hpp"

namespace homeostat {
namespace {

constexpr Duration kSettle = seconds(10);  // what a start costs is not what it costs to run
constexpr double kPaceMin = 0.5;           // of the ticks that should have been
constexpr Duration kWindow = seconds(5);   // the watch tells every two seconds how it fares
constexpr double kCpuShareMore = 0.1;      // where the agent had taken much before
constexpr std::size_t kNamesMax = 5;

// Of the time. A watch that takes a hundredth of a core and has waited a tenth of the time for it
// has mostly waited; hosts that work hard stay below the others, those that are stuck do not.
constexpr double kWatchWaitsMin = 0.1;
constexpr double kHostWaitsMin = 0.4;

std::uint64_t more(std::uint64_t now, std::uint64_t before) {
    return now > before ? now - before : 0;
}

// "cpu, meminfo and 3 more" of those that `ill` names.
std::string names_of(FunctionRef<bool(std::size_t)> ill) {
    std::string names;
    std::size_t count = 0;
    const auto rows = collector_rows();
    for (std::size_t i = 0; i < std::min(rows.size(), kProbationCollectorsMax); ++i) {
        if (!ill(i) || ++count > kNamesMax) continue;
        if (!names.empty()) names += ", ";
        names += rows[i].name;
    }
    if (count > kNamesMax) names += fmt::format(" and {} more", count - kNamesMax);
    return names;
}

// Looks at the host in `passed` that are too few for `tick`.
bool is_slow(std::uint64_t ticks, Duration passed, Duration tick) {
    return static_cast<double>(ticks) < kPaceMin * passed.seconds() / tick.seconds();
}

}  // namespace

bool is_starved(const AgentHealth& from, const AgentHealth& to) {
    const double passed = (to.at - from.at).seconds();
    const double host =
        std::max({to.waited.cpu - from.waited.cpu, to.waited.memory - from.waited.memory,
                  to.waited.io - from.waited.io});
    return passed > 0 && (to.waited.watch - from.waited.watch >= kWatchWaitsMin * passed ||
                          host >= kHostWaitsMin * passed);
}

Probation::Probation(const AgentHealth& before, const AgentHealth& earlier,
                     const AgentHealth& start)
    : before_(before),
      incidents_before_(more(before.incidents_opened, earlier.incidents_opened)),
      start_(start),
      window_(start),
      starved_(is_starved(earlier, before)) {
    const double stretch = (before.at - earlier.at).seconds();
    if (stretch > 0) cpu_share_before_ = (before.cpu_seconds - earlier.cpu_seconds) / stretch;
}

Verdict Probation::look(const AgentHealth& now, Duration tick, Duration length) {
    if (now.at - window_.at >= kWindow) close_window(now);
    std::string wrong = fault(now, tick);
    if (!wrong.empty()) return {TrialEnd::RollBack, std::move(wrong)};
    const Duration passed = now.at - start_.at;
    if (passed < length) return {};
    std::string open = doubt(now, tick);
    const Duration patience = std::clamp(length, kProbationDoubtLeast, kProbationDoubtMost);
    if (!open.empty() && passed < length + patience) return {};
    return {TrialEnd::Keep, std::move(open)};
}

// What is told at the end of a window may have happened in the one before: both must have been
// fair.
void Probation::close_window(const AgentHealth& now) {
    const bool starved = is_starved(window_, now);
    const bool fair = !starved && !starved_;
    starved_ = starved;
    if (fair) {
        fair_ = fair_ + (now.at - window_.at);
        fair_ticks_ += more(now.ticks, window_.ticks);
    }
    for (std::size_t i = 0; i < misses_.size(); ++i) {
        const std::uint32_t misses = now.collectors[i].misses;
        const std::uint32_t told = window_.collectors[i].misses;
        if (misses < told || misses == 0) misses_[i] = 0;  // it was in time since
        if (fair) misses_[i] += misses >= told ? misses - told : misses;
    }
    window_ = now;
}

std::string Probation::ill_collectors(const AgentHealth& now) const {
    // One that answered and then fails has lost its source: that is the host's illness.
    std::string names = names_of([&](std::size_t i) {
        return now.collectors[i].mute && !before_.collectors[i].unknown &&
               before_.collectors[i].misses == 0;
    });
    if (!names.empty()) return "collectors answer no more: " + names;
    names = names_of([&](std::size_t i) {
        return misses_[i] > kProbationMissesMax && now.collectors[i].misses > 0 &&
               before_.collectors[i].misses == 0;
    });
    return names.empty() ? names : "collectors are too slow, again and again: " + names;
}

std::string Probation::fault(const AgentHealth& now, Duration tick) const {
    if (now.resident_bytes > kProbationResidentMax &&
        more(now.resident_bytes, before_.resident_bytes) > kProbationResidentMore) {
        return fmt::format("the agent takes {} of memory, {} before",
                           human_bytes(static_cast<double>(now.resident_bytes)).view(),
                           human_bytes(static_cast<double>(before_.resident_bytes)).view());
    }
    std::string ill = ill_collectors(now);
    if (!ill.empty()) return ill;
    const std::uint64_t opened = more(now.incidents_opened, start_.incidents_opened);
    if (opened > incidents_before_ + kProbationIncidentsMore) {
        return fmt::format("{} incidents opened at once, {} in the minutes before", opened,
                           incidents_before_);
    }
    const Duration passed = now.at - start_.at;
    const Duration settled = std::max(kSettle, tick * 10);
    if (passed < settled) return {};
    const double share = (now.cpu_seconds - start_.cpu_seconds) / passed.seconds();
    if (share > std::max(kProbationCpuShareMax, cpu_share_before_ + kCpuShareMore)) {
        return fmt::format("the agent takes {:.0f} % of a processor, {:.0f} % before", 100 * share,
                           100 * cpu_share_before_);
    }
    if (fair_ < settled) return {};
    if (now.samples <= start_.samples && before_.samples > 0) return "the collectors bring nothing";
    if (is_slow(fair_ticks_, fair_, tick)) {
        return fmt::format("the watch fell behind: {} looks at the host in {}", fair_ticks_,
                           human_duration(fair_.seconds()).view());
    }
    return {};
}

std::string Probation::doubt(const AgentHealth& now, Duration tick) const {
    std::string slow = names_of([&](std::size_t i) {
        return now.collectors[i].misses > 0 && before_.collectors[i].misses == 0;
    });
    if (!slow.empty()) return "collectors are too slow, maybe because the host is: " + slow;
    const Duration passed = now.at - start_.at;
    if (passed >= std::max(kSettle, tick * 10) &&
        is_slow(more(now.ticks, start_.ticks), passed, tick)) {
        return "the watch falls behind, maybe because the host does";
    }
    return {};
}

}  // namespace homeostat
