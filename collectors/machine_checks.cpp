#include "collectors/machine_checks.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

struct Row {
    std::string_view name;
    Metric metric;
};

constexpr Metric errors(std::string_view name) {
    return {name, Unit::Count, MetricKind::Counter, Aspect::Errors};
}

constexpr std::array kRows{
    Row{"MCE", errors("machine_checks_count")},
    Row{"DFR", errors("machine_deferred_errors_count")},  // AMD: found, not yet used
    Row{"THR", errors("machine_error_thresholds_count")},
    Row{"TRM", errors("machine_thermal_events_count")},
};
constexpr std::array kMetrics{kRows[0].metric, kRows[1].metric, kRows[2].metric, kRows[3].metric};

}  // namespace

std::optional<std::uint64_t> sum_interrupt_row(std::string_view text, std::string_view name) {
    for (std::string_view line; next_line(text, line);) {
        const std::string_view first = next_word(line);
        if (first.size() != name.size() + 1 || first.back() != ':' ||
            first.substr(0, name.size()) != name) {
            continue;
        }
        std::optional<std::uint64_t> sum;
        // The words after the last column say what the row is.
        for (auto count = next_u64(line); count; count = next_u64(line)) {
            sum = sum.value_or(0) + *count;
        }
        return sum;
    }
    return std::nullopt;
}

Status MachineChecksCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    const std::string_view text = files.text("proc/interrupts");
    for (const Row& row : kRows) {
        const auto sum = sum_interrupt_row(text, row.name);
        if (sum) out.add(row.metric, as_double(*sum));
    }
    return files.outcome("proc/interrupts: no machine checks are counted");
}

std::span<const Metric> MachineChecksCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
