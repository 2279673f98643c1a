#include "collectors/self.hpp"

#include <array>

#include "collectors/process_files.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kRss{"self_rss_bytes", Unit::Bytes, MetricKind::Gauge, Aspect::Other};
constexpr Metric kCpu{"self_cpu_seconds", Unit::Seconds, MetricKind::Counter, Aspect::Other};
constexpr Metric kThreads{"self_threads_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr std::array kMetrics{kRss, kCpu, kThreads};

}  // namespace

Status SelfCollector::collect(const Root& root, Samples& out) {
    const auto text = read_source(root, file_, bench_.buffer());
    if (!text) return text.error();
    const auto stat = parse_process_stat(*text);
    if (!stat) return stat.error();
    out.add(kRss, as_double(stat->rss_pages * bench_.page_bytes()));
    out.add(kCpu, as_double(stat->cpu_ticks) / kTicksPerSecond);
    out.add(kThreads, as_double(stat->threads));
    return Ok{};
}

std::span<const Metric> SelfCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
