#include "collectors/kernel_health.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

struct Row {
    const char* path;
    Metric metric;
};

constexpr Metric counter(std::string_view name, Aspect aspect) {
    return {name, Unit::Count, MetricKind::Counter, aspect};
}

constexpr std::array kRows{
    Row{"sys/kernel/oops_count", counter("kernel_oopses_count", Aspect::Errors)},    // 6.2
    Row{"sys/kernel/warn_count", counter("kernel_warnings_count", Aspect::Errors)},  // 6.2
    Row{"sys/kernel/softlockup_count",
        counter("kernel_soft_lockups_count", Aspect::Saturation)},  // 6.16
    Row{"sys/kernel/hardlockup_count",
        counter("kernel_hard_lockups_count", Aspect::Saturation)},  // 6.16
    Row{"sys/kernel/rcu_stall_count",
        counter("kernel_rcu_stalls_count", Aspect::Saturation)},  // 6.16
    Row{"proc/sys/kernel/hung_task_detect_count",
        counter("kernel_hung_tasks_count", Aspect::Saturation)},  // 6.13
};

// A set of flags as a number: any change of it is news, its size is not.
constexpr Metric kTaint{"kernel_taint_flags", Unit::None, MetricKind::Gauge, Aspect::Errors};

constexpr auto kMetrics = [] {
    std::array<Metric, kRows.size() + 1> all{};
    for (std::size_t i = 0; i < kRows.size(); ++i) all[i] = kRows[i].metric;
    all[kRows.size()] = kTaint;
    return all;
}();

}  // namespace

Status KernelHealthCollector::collect(const Root& root, Samples& out) {
    bool any = false;
    const auto report = [&](const char* path, const Metric& metric) -> Status {
        const auto value = read_number(root, path, bench_.buffer());
        if (!value && value.error().code == Errc::NotFound) return Ok{};
        if (!value) return value.error();
        out.add(metric, as_double(*value));
        any = true;
        return Ok{};
    };
    for (const Row& row : kRows) {
        if (const auto status = report(row.path, row.metric); !status) return status;
    }
    if (const auto status = report("proc/sys/kernel/tainted", kTaint); !status) return status;
    if (any) return Ok{};
    return make_error(Errc::NotAvailable, "sys/kernel: this kernel counts none of its troubles");
}

std::span<const Metric> KernelHealthCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
