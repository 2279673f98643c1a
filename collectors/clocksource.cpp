#include "collectors/clocksource.hpp"

#include <algorithm>
#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kSlow{"clocksource_slow", Unit::None, MetricKind::State, Aspect::Errors};
constexpr Metric kEntropy{"entropy_available_bits", Unit::None, MetricKind::Gauge, Aspect::Other};
constexpr std::array kMetrics{kSlow, kEntropy};

}  // namespace

bool is_slow_clocksource(std::string_view name) {
    constexpr std::array<std::string_view, 5> kSlowNames{"hpet", "acpi_pm", "pit", "jiffies",
                                                         "refined-jiffies"};
    return std::find(kSlowNames.begin(), kSlowNames.end(), name) != kSlowNames.end();
}

Status ClocksourceCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    const auto source =
        files.word("sys/devices/system/clocksource/clocksource0/current_clocksource");
    if (!source.empty()) out.add(kSlow, is_slow_clocksource(source) ? 1 : 0);
    add_known(out, kEntropy, {}, files.number("proc/sys/kernel/random/entropy_avail"));
    return files.outcome("sys/devices/system/clocksource: no clock source is shown");
}

std::span<const Metric> ClocksourceCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
