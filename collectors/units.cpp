#include "collectors/units.hpp"

#include <array>

#include "collectors/cgroup_files.hpp"
#include "collectors/pressure.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric counter(std::string_view name, Unit unit, Aspect aspect) {
    return {name, unit, MetricKind::Counter, aspect};
}

constexpr Metric kCpu = counter("unit_cpu_seconds", Unit::Seconds, Aspect::Utilisation);
constexpr Metric kPeriods = counter("unit_cpu_periods_count", Unit::Count, Aspect::Other);
constexpr Metric kThrottled =
    counter("unit_cpu_throttled_periods_count", Unit::Count, Aspect::Saturation);
constexpr Metric kThrottledTime =
    counter("unit_cpu_throttled_seconds", Unit::Seconds, Aspect::Saturation);
constexpr Metric kMemory{"unit_memory_bytes", Unit::Bytes, MetricKind::Gauge, Aspect::Utilisation};
constexpr Metric kMemoryUsed{"unit_memory_used_ratio", Unit::None, MetricKind::Ratio,
                             Aspect::Capacity};
constexpr Metric kMemoryHigh =
    counter("unit_memory_high_events_count", Unit::Count, Aspect::Saturation);
constexpr Metric kMemoryMax =
    counter("unit_memory_max_events_count", Unit::Count, Aspect::Saturation);
constexpr Metric kOomKills = counter("unit_oom_kills_count", Unit::Count, Aspect::Errors);
constexpr Metric kRead = counter("unit_read_bytes", Unit::Bytes, Aspect::Traffic);
constexpr Metric kWritten = counter("unit_written_bytes", Unit::Bytes, Aspect::Traffic);
constexpr Metric kTasks{"unit_tasks_count", Unit::Count, MetricKind::Gauge, Aspect::Utilisation};
constexpr Metric kTasksUsed{"unit_tasks_used_ratio", Unit::None, MetricKind::Ratio,
                            Aspect::Capacity};
constexpr Metric kTasksRefused = counter("unit_tasks_refused_count", Unit::Count, Aspect::Errors);
constexpr Metric kCpuStall =
    counter("unit_pressure_cpu_some_seconds", Unit::Seconds, Aspect::Saturation);
constexpr Metric kMemoryStall =
    counter("unit_pressure_memory_some_seconds", Unit::Seconds, Aspect::Saturation);
constexpr Metric kIoStall =
    counter("unit_pressure_io_some_seconds", Unit::Seconds, Aspect::Saturation);
constexpr Metric kUntracked{"units_untracked_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr std::array kMetrics{kCpu,         kPeriods,    kThrottled, kThrottledTime, kMemory,
                              kMemoryUsed,  kMemoryHigh, kMemoryMax, kOomKills,      kRead,
                              kWritten,     kTasks,      kTasksUsed, kTasksRefused,  kCpuStall,
                              kMemoryStall, kIoStall,    kUntracked};

// Where the unified hierarchy is mounted: alone, or beside the old ones.
constexpr std::array<std::string_view, 2> kTops{"sys/fs/cgroup", "sys/fs/cgroup/unified"};

// Slices within slices are rarely deeper ("system-getty.slice" in "system.slice").
constexpr int kDepthMax = 4;

constexpr double kMicroseconds = 1e-6;

using Path = FixedString<255>;

bool ends_in(std::string_view name, std::string_view end) {
    return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
}

// One pass over the tree of slices.
class Walk {
public:
    Walk(const Root& root, std::span<char> buffer, Samples& out)
        : root_(root), buffer_(buffer), out_(out) {}

    Status descend(const Path& directory, int depth) {
        return root_.list(directory.c_str(), [&](std::string_view name) {
            Path path = directory;
            path.append("/");
            path.append(name);
            if (path.truncated()) return true;
            if (ends_in(name, ".service")) {
                if (units_++ < UnitsCollector::kUnitsMax) unit(path, name);
            } else if (ends_in(name, ".slice") && depth < kDepthMax) {
                (void)descend(path, depth + 1);  // may end while we look
            }
            return true;
        });
    }

    [[nodiscard]] std::uint32_t units() const { return units_; }

private:
    void unit(const Path& directory, std::string_view name) {
        subject_ = {.kind = SubjectKind::Unit, .name = name};
        cpu(directory);
        memory(directory);
        tasks(directory);
        if (const auto text = read(directory, "/io.stat"); !text.empty()) {
            if (const auto io = parse_io_stat(text)) {
                out_.add(kRead, subject_, as_double(io->read_bytes));
                out_.add(kWritten, subject_, as_double(io->written_bytes));
            }
        }
        stall(directory, "/cpu.pressure", kCpuStall);
        stall(directory, "/memory.pressure", kMemoryStall);
        stall(directory, "/io.pressure", kIoStall);
    }

    void cpu(const Path& directory) {
        const auto text = read(directory, "/cpu.stat");
        add(kCpu, keyed_number(text, "usage_usec"), kMicroseconds);
        add(kPeriods, keyed_number(text, "nr_periods"));
        add(kThrottled, keyed_number(text, "nr_throttled"));
        add(kThrottledTime, keyed_number(text, "throttled_usec"), kMicroseconds);
    }

    void memory(const Path& directory) {
        const auto current = parse_limit(read(directory, "/memory.current"));
        add(kMemory, current);
        add_ratio(kMemoryUsed, current, parse_limit(read(directory, "/memory.max")));
        const auto events = read(directory, "/memory.events");
        add(kMemoryHigh, keyed_number(events, "high"));
        add(kMemoryMax, keyed_number(events, "max"));
        add(kOomKills, keyed_number(events, "oom_kill"));
    }

    void tasks(const Path& directory) {
        const auto current = parse_limit(read(directory, "/pids.current"));
        add(kTasks, current);
        add_ratio(kTasksUsed, current, parse_limit(read(directory, "/pids.max")));
        add(kTasksRefused, keyed_number(read(directory, "/pids.events"), "max"));
    }

    void stall(const Path& directory, std::string_view file, const Metric& metric) {
        const auto lines = parse_pressure(read(directory, file));
        if (lines && lines->some) out_.add(metric, subject_, lines->some->total_seconds);
    }

    // Empty when the controller is not enabled here, or the unit has just ended.
    std::string_view read(const Path& directory, std::string_view file) {
        Path path = directory;
        path.append(file);
        const auto text = root_.read(path.c_str(), buffer_);
        return text ? *text : std::string_view{};
    }

    void add(const Metric& metric, std::optional<std::uint64_t> value, double scale = 1) {
        if (value) out_.add(metric, subject_, as_double(*value) * scale);
    }

    void add_ratio(const Metric& metric, std::optional<std::uint64_t> used,
                   std::optional<std::uint64_t> limit) {
        if (used && limit && *limit > 0) {
            out_.add(metric, subject_, as_double(*used) / as_double(*limit));
        }
    }

    const Root& root_;
    std::span<char> buffer_;
    Samples& out_;
    Subject subject_;
    std::uint32_t units_ = 0;
};

}  // namespace

Status UnitsCollector::collect(const Root& root, Samples& out) {
    for (const std::string_view top : kTops) {
        // Only the unified hierarchy has this file, and systemd's slices beside it.
        Path controllers(top);
        controllers.append("/cgroup.controllers");
        if (!root.read(controllers.c_str(), bench_.buffer())) continue;
        Walk walk(root, bench_.buffer(), out);
        if (const auto status = walk.descend(Path(top), 0); !status) return status;
        if (walk.units() == 0) continue;
        out.add(kUntracked, walk.units() > kUnitsMax ? walk.units() - kUnitsMax : 0);
        return Ok{};
    }
    return make_error(Errc::NotAvailable,
                      "sys/fs/cgroup: no unified hierarchy with systemd's services");
}

std::span<const Metric> UnitsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
