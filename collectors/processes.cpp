#include "collectors/processes.hpp"

#include <array>

namespace homeostat {
namespace {

constexpr Metric count(std::string_view name, Aspect aspect) {
    return {name, Unit::Count, MetricKind::Gauge, aspect};
}

constexpr Metric kProcesses = count("processes_count", Aspect::Utilisation);
constexpr Metric kThreads = count("threads_count", Aspect::Utilisation);
constexpr Metric kStuck = count("processes_uninterruptible_count", Aspect::Saturation);
constexpr Metric kZombies = count("processes_zombie_count", Aspect::Errors);
constexpr Metric kUntracked = count("processes_untracked_count", Aspect::Other);
constexpr std::array kMetrics{kProcesses, kThreads, kStuck, kZombies, kUntracked};

}  // namespace

Status ProcessesCollector::collect(const Root& root, Samples& out) {
    const auto counts = bench_.processes().scan(root, bench_.buffer(), out.at());
    if (!counts) return counts.error();
    if (counts->others_hidden) {
        return make_error(Errc::Denied,
                          "proc: process 1 is hidden from us (hidepid), so the host's processes "
                          "cannot be counted");
    }
    out.add(kUntracked, counts->untracked);
    // All of them, also those that the table has no room for: a storm of processes must be seen.
    out.add(kProcesses, counts->processes + counts->untracked);
    if (counts->untracked > 0) return Ok{};  // the rest would count some of them only
    out.add(kThreads, counts->threads);
    out.add(kStuck, counts->uninterruptible);
    out.add(kZombies, counts->zombies);
    return Ok{};
}

std::span<const Metric> ProcessesCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
