#include "collectors/zfs.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kDegraded{"zfs_pool_degraded", Unit::None, MetricKind::State, Aspect::Errors};
constexpr Metric kArc{"zfs_arc_bytes", Unit::Bytes, MetricKind::Gauge, Aspect::Utilisation};
constexpr Metric kArcMax{"zfs_arc_max_bytes", Unit::Bytes, MetricKind::Gauge, Aspect::Other};
constexpr Metric kThrottles{"zfs_arc_throttles_count", Unit::Count, MetricKind::Counter,
                            Aspect::Saturation};
constexpr std::array kMetrics{kDegraded, kArc, kArcMax, kThrottles};

constexpr const char* kDirectory = "proc/spl/kstat/zfs";

}  // namespace

std::optional<double> kstat_value(std::string_view text, std::string_view name) {
    for (std::string_view line; next_line(text, line);) {
        if (next_word(line) != name) continue;
        next_word(line);  // the type
        const auto value = next_u64(line);
        if (value) return as_double(*value);
    }
    return std::nullopt;
}

Status ZfsCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    files.each(kDirectory, [&](std::string_view pool) {
        const auto state = files.word("{}/{}/state", kDirectory, pool);  // since ZFS 0.8
        if (state.empty()) return;  // a file of the module itself
        const Subject subject{.kind = SubjectKind::Device, .name = pool};
        out.add(kDegraded, subject, state == "ONLINE" ? 0 : 1);
    });
    const std::string_view arc = files.text("{}/arcstats", kDirectory);
    add_known(out, kArc, {}, kstat_value(arc, "size"));
    add_known(out, kArcMax, {}, kstat_value(arc, "c_max"));
    add_known(out, kThrottles, {}, kstat_value(arc, "memory_throttle_count"));
    return files.outcome("proc/spl/kstat/zfs: no ZFS");
}

std::span<const Metric> ZfsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
