#include "collectors/units.hpp"

#include <array>

#include "collectors/small_files.hpp"
#include "collectors/unit_readings.hpp"

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
constexpr Metric kIoLimitedStall =
    counter("unit_io_limited_stall_seconds", Unit::Seconds, Aspect::Saturation);
constexpr Metric kUntracked{"units_untracked_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr std::array kMetrics{kCpu,         kPeriods,    kThrottled,      kThrottledTime, kMemory,
                              kMemoryUsed,  kMemoryHigh, kMemoryMax,      kOomKills,      kRead,
                              kWritten,     kTasks,      kTasksUsed,      kTasksRefused,  kCpuStall,
                              kMemoryStall, kIoStall,    kIoLimitedStall, kUntracked};

// Where systemd keeps its tree: the unified hierarchy alone, or beside the old ones, or its own of
// version 1. Only the first is sure to hold every controller.
struct Tree {
    std::string_view top;
    std::string_view sign;  // a file that only this kind of tree has
    bool legacy = false;    // controllers live in hierarchies of their own
};
constexpr std::array<Tree, 3> kTrees{{
    {"sys/fs/cgroup", "cgroup.controllers", false},
    {"sys/fs/cgroup/unified", "cgroup.controllers", true},
    {"sys/fs/cgroup/systemd", "release_agent", true},
}};

// Slices within slices are rarely deeper ("system-getty.slice" in "system.slice").
constexpr int kDepthMax = 4;

bool ends_in(std::string_view name, std::string_view end) {
    return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
}

// The others are sessions of people, and systemd itself.
bool is_container_scope(std::string_view name) {
    return ends_in(name, ".scope") && !name.starts_with("session-") && name != "init.scope";
}

void report(Samples& out, const Subject& subject, const UnitReadings& unit) {
    add_known(out, kCpu, subject, unit.cpu_seconds);
    add_known(out, kPeriods, subject, unit.cpu_periods);
    add_known(out, kThrottled, subject, unit.cpu_throttled_periods);
    add_known(out, kThrottledTime, subject, unit.cpu_throttled_seconds);
    add_known(out, kMemory, subject, unit.memory_bytes);
    add_share(out, kMemoryUsed, subject, unit.memory_bytes, unit.memory_max_bytes);
    add_known(out, kMemoryHigh, subject, unit.memory_high_events);
    add_known(out, kMemoryMax, subject, unit.memory_max_events);
    add_known(out, kOomKills, subject, unit.oom_kills);
    add_known(out, kRead, subject, unit.read_bytes);
    add_known(out, kWritten, subject, unit.written_bytes);
    add_known(out, kTasks, subject, unit.tasks);
    add_share(out, kTasksUsed, subject, unit.tasks, unit.tasks_max);
    add_known(out, kTasksRefused, subject, unit.tasks_refused);
    add_known(out, kCpuStall, subject, unit.cpu_stall_seconds);
    add_known(out, kMemoryStall, subject, unit.memory_stall_seconds);
    add_known(out, kIoStall, subject, unit.io_stall_seconds);
    add_known(out, kIoLimitedStall, subject, unit.io_limited_stall_seconds);
}

// One pass over the tree of slices.
class Walk {
public:
    Walk(const Root& root, const Tree& tree, std::span<char> buffer, Samples& out)
        : root_(root), tree_(tree), buffer_(buffer), out_(out) {}

    Status descend(const CgroupPath& directory, int depth) {
        return root_.list(directory.c_str(), [&](std::string_view name) {
            CgroupPath path = directory;
            path.append("/");
            path.append(name);
            if (path.truncated()) return true;
            if (ends_in(name, ".service")) {
                unit(path, name);
            } else if (is_container_scope(name)) {
                if (scopes_++ < UnitsCollector::kScopesMax) {
                    unit(path, name);
                } else {
                    ++untracked_;
                }
            } else if (ends_in(name, ".slice") && depth < kDepthMax) {
                (void)descend(path, depth + 1);  // may end while we look
            }
            return true;
        });
    }

    [[nodiscard]] std::uint32_t units() const { return units_; }
    [[nodiscard]] std::uint32_t untracked() const { return untracked_; }

private:
    void unit(const CgroupPath& directory, std::string_view name) {
        if (units_ == UnitsCollector::kUnitsMax) {
            ++untracked_;
            return;
        }
        ++units_;
        UnitReadings readings = read_unit_v2(root_, directory, buffer_);
        if (tree_.legacy) {
            const auto unit_path = directory.view().substr(tree_.top.size() + 1);
            add_unit_v1(root_, unit_path, buffer_, readings);
        }
        report(out_, {.kind = SubjectKind::Unit, .name = name}, readings);
    }

    const Root& root_;
    const Tree& tree_;
    std::span<char> buffer_;
    Samples& out_;
    std::uint32_t units_ = 0;
    std::uint32_t scopes_ = 0;
    std::uint32_t untracked_ = 0;
};

}  // namespace

Status UnitsCollector::collect(const Root& root, Samples& out) {
    for (const Tree& tree : kTrees) {
        CgroupPath sign(tree.top);
        sign.append("/");
        sign.append(tree.sign);
        const auto there = root.read(sign.c_str(), bench_.buffer());
        // release_agent of the old tree is there for root only, which is sign enough.
        if (!there && there.error().code != Errc::Denied) continue;
        Walk walk(root, tree, bench_.buffer(), out);
        if (const auto status = walk.descend(CgroupPath(tree.top), 0); !status) return status;
        if (walk.units() == 0) continue;
        out.add(kUntracked, walk.untracked());
        return Ok{};
    }
    return make_error(Errc::NotAvailable, "sys/fs/cgroup: no hierarchy with systemd's services");
}

std::span<const Metric> UnitsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
