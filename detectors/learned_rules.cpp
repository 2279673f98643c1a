#include "detectors/learned_rules.hpp"

#include <array>

#include "detectors/catalogue_rows.hpp"

namespace homeostat {
namespace {

using catalogue::kMiB;

constexpr Witness kCpuWaits{"pressure_cpu_some_seconds", 0.40};
constexpr Witness kUnitWaits{"unit_pressure_cpu_some_seconds", 0.40};
constexpr Witness kMemoryWaits{"pressure_memory_some_seconds", 0.05};
constexpr Witness kUnitMemoryWaits{"unit_pressure_memory_some_seconds", 0.05};
constexpr Witness kDiskWaits{"pressure_io_full_seconds", 0.25};
constexpr Witness kDrops{"network_receive_drops_count", 10};
constexpr Witness kLoss{"tcp_segments_retransmitted_count", 20};
constexpr Witness kOverflows{"tcp_listen_overflows_count", 1};

// Where the kernel counts no stalls (RHEL 8 and 9 as they come): all cores are at work, tasks look
// for free memory themselves, tasks wait for a disk.
constexpr Witness kAllBusy{"cpu_busy_seconds", 0.9};
constexpr Witness kReclaims{"vm_direct_scanned_bytes", 4 * kMiB};
constexpr Witness kBlocked{"tasks_blocked_count", 2};

constexpr std::array kRules{
    LearnedRule{"cpu_busy_seconds", "unusual_cpu", 0.5, true, kCpuWaits, {}, kAllBusy},
    LearnedRule{"load1", "unusual_cpu", 4, true, kCpuWaits, {}, kAllBusy},
    LearnedRule{"context_switches_count", "unusual_cpu", 20'000, true, kCpuWaits, {}, kAllBusy},
    LearnedRule{"forks_count", "unusual_cpu", 100, true, kCpuWaits, {}, kAllBusy},
    LearnedRule{"unit_cpu_seconds", "unusual_cpu", 0.5, true, kUnitWaits, kCpuWaits, kAllBusy},
    LearnedRule{
        "memory_available_bytes", "unusual_memory", 256 * kMiB, false, kMemoryWaits, {}, kReclaims},
    LearnedRule{
        "memory_anonymous_bytes", "unusual_memory", 256 * kMiB, true, kMemoryWaits, {}, kReclaims},
    LearnedRule{"unit_memory_bytes", "unusual_memory", 128 * kMiB, true, kUnitMemoryWaits,
                kMemoryWaits, kReclaims},
    LearnedRule{"disk_read_bytes", "unusual_io", 8 * kMiB, true, kDiskWaits, {}, kBlocked},
    LearnedRule{"disk_written_bytes", "unusual_io", 8 * kMiB, true, kDiskWaits, {}, kBlocked},
    LearnedRule{"disk_reads_count", "unusual_io", 200, true, kDiskWaits, {}, kBlocked},
    LearnedRule{"disk_writes_count", "unusual_io", 200, true, kDiskWaits, {}, kBlocked},
    LearnedRule{"disk_weighted_seconds", "unusual_io", 2, true, kDiskWaits, {}, kBlocked},
    LearnedRule{"network_receive_bytes", "unusual_network", kMiB, true, kDrops, kLoss},
    LearnedRule{"network_receive_packets_count", "unusual_network", 2000, true, kDrops, kLoss},
    LearnedRule{"network_transmit_bytes", "unusual_network", kMiB, true, kLoss, kDrops},
    LearnedRule{"tcp_passive_opens_count", "unusual_network", 50, true, kOverflows, kLoss},
    LearnedRule{"tcp_active_opens_count", "unusual_network", 50, true, kLoss},
};

}  // namespace

std::span<const LearnedRule> learned_rules() {
    return kRules;
}

const LearnedRule* find_learned_rule(const Finding& finding) {
    for (const LearnedRule& rule : kRules) {
        if (!(finding.metric == rule.metric)) continue;
        const double away = finding.value - finding.expected;
        return (rule.rises ? away : -away) >= rule.effect_min ? &rule : nullptr;
    }
    return nullptr;
}

bool is_witnessed(const LearnedRule& rule, const Subject& subject, Testimony testimony) {
    const auto first = testimony(rule.witness, subject);
    const auto second = testimony(rule.witness_or, subject);
    if (first || second) return first.value_or(false) || second.value_or(false);
    return testimony(rule.stands_in, subject).value_or(false);
}

}  // namespace homeostat
