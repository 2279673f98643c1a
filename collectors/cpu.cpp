#include "collectors/cpu.hpp"

#include <algorithm>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric counter_seconds(std::string_view name, Aspect aspect) {
    return {name, Unit::Seconds, MetricKind::Counter, aspect};
}

constexpr std::array<Metric, CpuTimes::Guest + 1> kModeMetrics{{
    counter_seconds("cpu_user_seconds", Aspect::Utilisation),
    counter_seconds("cpu_nice_seconds", Aspect::Utilisation),
    counter_seconds("cpu_system_seconds", Aspect::Utilisation),
    counter_seconds("cpu_idle_seconds", Aspect::Other),
    counter_seconds("cpu_iowait_seconds", Aspect::Saturation),
    counter_seconds("cpu_irq_seconds", Aspect::Utilisation),
    counter_seconds("cpu_softirq_seconds", Aspect::Utilisation),
    counter_seconds("cpu_steal_seconds", Aspect::Saturation),
    counter_seconds("cpu_guest_seconds", Aspect::Utilisation),
}};
constexpr Metric kBusy = counter_seconds("cpu_busy_seconds", Aspect::Utilisation);
constexpr Metric kCoreBusy = counter_seconds("core_busy_seconds", Aspect::Utilisation);
constexpr Metric kCoreInterrupts = counter_seconds("core_interrupt_seconds", Aspect::Utilisation);
constexpr Metric kCores{"cpu_online_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr Metric kInterrupts{"interrupts_count", Unit::Count, MetricKind::Counter, Aspect::Traffic};
constexpr Metric kSwitches{"context_switches_count", Unit::Count, MetricKind::Counter,
                           Aspect::Traffic};
constexpr Metric kForks{"forks_count", Unit::Count, MetricKind::Counter, Aspect::Traffic};
constexpr Metric kRunning{"tasks_running_count", Unit::Count, MetricKind::Gauge,
                          Aspect::Saturation};
constexpr Metric kBlocked{"tasks_blocked_count", Unit::Count, MetricKind::Gauge,
                          Aspect::Saturation};
constexpr Metric kBootTime{"boot_time_seconds", Unit::Seconds, MetricKind::Gauge, Aspect::Other};

constexpr std::array kMetrics{kModeMetrics[0], kModeMetrics[1], kModeMetrics[2], kModeMetrics[3],
                              kModeMetrics[4], kModeMetrics[5], kModeMetrics[6], kModeMetrics[7],
                              kModeMetrics[8], kBusy,           kCoreBusy,       kCoreInterrupts,
                              kCores,          kInterrupts,     kSwitches,       kForks,
                              kRunning,        kBlocked,        kBootTime};

bool parse_times(std::string_view rest, CpuTimes& times) {
    while (times.modes < CpuTimes::kModes) {
        const std::string_view word = next_word(rest);
        if (word.empty()) break;
        const auto ticks = parse_u64(word);
        if (!ticks) return false;
        times.ticks[times.modes++] = *ticks;
    }
    return times.modes > CpuTimes::Idle;
}

std::optional<std::uint64_t>* scalar_of(StatCounts& counts, std::string_view key) {
    if (key == "intr") return &counts.interrupts;
    if (key == "ctxt") return &counts.context_switches;
    if (key == "processes") return &counts.forks;
    if (key == "procs_running") return &counts.running;
    if (key == "procs_blocked") return &counts.blocked;
    if (key == "btime") return &counts.boot_time_seconds;
    return nullptr;
}

void add_if(Samples& out, const Metric& metric, std::optional<std::uint64_t> value) {
    if (value) out.add(metric, as_double(*value));
}

void add_core(Samples& out, std::uint32_t core, const CpuTimes& times) {
    Subject subject{.kind = SubjectKind::Core, .name = {}};
    format_into(subject.name, "{}", core);
    out.add(kCoreBusy, subject, as_double(times.busy()) / kTicksPerSecond);
    if (times.modes > CpuTimes::Softirq) {
        const auto ticks = times.ticks[CpuTimes::Irq] + times.ticks[CpuTimes::Softirq];
        out.add(kCoreInterrupts, subject, as_double(ticks) / kTicksPerSecond);
    }
}

}  // namespace

std::uint64_t CpuTimes::busy() const {
    // Not Guest and GuestNice: the kernel has counted them in User and Nice.
    return ticks[User] + ticks[Nice] + ticks[System] + ticks[Irq] + ticks[Softirq] + ticks[Steal];
}

Result<StatCounts> parse_stat(std::string_view text,
                              FunctionRef<void(std::uint32_t, const CpuTimes&)> core) {
    StatCounts counts;
    std::string_view rest = text;
    for (std::string_view line; next_line(rest, line);) {
        const std::string_view key = next_word(line);
        if (key.substr(0, 3) == "cpu") {
            CpuTimes times;
            const auto number = parse_u64(key.substr(3));
            if ((key.size() > 3 && !number) || !parse_times(line, times)) {
                return make_error(Errc::Parse, "proc/stat: expected '{}' and at least 4 numbers",
                                  excerpt(key));
            }
            if (key.size() == 3) {
                counts.total = times;
            } else {
                ++counts.cores;
                core(static_cast<std::uint32_t>(*number), times);
            }
        } else if (auto* scalar = scalar_of(counts, key)) {
            *scalar = next_u64(line);
        }
    }
    if (counts.total.modes == 0 || counts.cores == 0) {
        return make_error(Errc::Parse, "proc/stat: expected 'cpu' lines, got '{}'", excerpt(text));
    }
    return counts;
}

Status CpuCollector::collect(const Root& root, Samples& out) {
    const auto text = read_source(root, file_, bench_.buffer());
    if (!text) return text.error();
    const auto counts = parse_stat(*text, [&](std::uint32_t core, const CpuTimes& times) {
        if (core < kCoresMax) add_core(out, core, times);
    });
    if (!counts) return counts.error();

    cores_max_ = std::max(cores_max_, counts->cores);
    const double per_core = 1 / (kTicksPerSecond * cores_max_);
    const CpuTimes& total = counts->total;
    for (std::size_t mode = 0; mode < std::min(total.modes, kModeMetrics.size()); ++mode) {
        out.add(kModeMetrics[mode], as_double(total.ticks[mode]) * per_core);
    }
    out.add(kBusy, as_double(total.busy()) * per_core);
    out.add(kCores, counts->cores);
    add_if(out, kInterrupts, counts->interrupts);
    add_if(out, kSwitches, counts->context_switches);
    add_if(out, kForks, counts->forks);
    add_if(out, kRunning, counts->running);
    add_if(out, kBlocked, counts->blocked);
    add_if(out, kBootTime, counts->boot_time_seconds);
    return Ok{};
}

std::span<const Metric> CpuCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
