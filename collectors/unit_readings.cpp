#include "collectors/unit_readings.hpp"

#include <array>

#include "collectors/cgroup_files.hpp"
#include "collectors/pressure.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

using Number = UnitReadings::Number;

constexpr double kMicroseconds = 1e-6;
constexpr double kNanoseconds = 1e-9;

// "No limit" of version 1: the largest number of pages that fits, some 2^63 bytes.
constexpr double kUnlimitedBytes = 4e18;

Number scaled(std::optional<std::uint64_t> value, double scale = 1) {
    if (!value) return std::nullopt;
    return as_double(*value) * scale;
}

// The small files of one directory.
class Directory {
public:
    Directory(const Root& root, const CgroupPath& path, std::span<char> buffer)
        : root_(root), path_(path), buffer_(buffer) {}

    // Empty when the controller is not enabled here, or the unit has just ended. Valid until the
    // next call.
    [[nodiscard]] std::string_view text(std::string_view file) const {
        CgroupPath path = path_;
        path.append("/");
        path.append(file);
        if (path.truncated()) return {};
        const auto text = root_.read(path.c_str(), buffer_);
        return text ? *text : std::string_view{};
    }

    // The number that is the whole file; nothing for "max".
    [[nodiscard]] Number number(std::string_view file, double scale = 1) const {
        return scaled(parse_limit(text(file)), scale);
    }

    [[nodiscard]] Number stall(std::string_view file) const {
        const auto lines = parse_pressure(text(file));
        if (!lines || !lines->some) return std::nullopt;
        return lines->some->total_seconds;
    }

private:
    const Root& root_;
    const CgroupPath& path_;
    std::span<char> buffer_;
};

// One of the names under which version 1 may have mounted a controller.
CgroupPath legacy_directory(std::string_view controller, std::string_view unit_path) {
    CgroupPath path("sys/fs/cgroup/");
    path.append(controller);
    path.append("/");
    path.append(unit_path);
    return path;
}

void fill(Number& value, Number with) {
    if (!value) value = with;
}

void add_cpu_v1(const Root& root, std::string_view unit_path, std::span<char> buffer,
                UnitReadings& readings) {
    for (const std::string_view name : {"cpu,cpuacct", "cpuacct", "cpu"}) {
        const CgroupPath path = legacy_directory(name, unit_path);
        const Directory cpu(root, path, buffer);
        fill(readings.cpu_seconds, cpu.number("cpuacct.usage", kNanoseconds));
        const auto stat = cpu.text("cpu.stat");
        fill(readings.cpu_periods, scaled(keyed_number(stat, "nr_periods")));
        fill(readings.cpu_throttled_periods, scaled(keyed_number(stat, "nr_throttled")));
        fill(readings.cpu_throttled_seconds,
             scaled(keyed_number(stat, "throttled_time"), kNanoseconds));
        if (readings.cpu_seconds && readings.cpu_periods) return;
    }
}

void add_memory_v1(const Directory& memory, UnitReadings& readings) {
    fill(readings.memory_bytes, memory.number("memory.usage_in_bytes"));
    const Number limit = memory.number("memory.limit_in_bytes");
    if (limit && *limit < kUnlimitedBytes) fill(readings.memory_max_bytes, limit);
    fill(readings.memory_max_events, memory.number("memory.failcnt"));
    // The count of kills is there since Linux 4.13.
    fill(readings.oom_kills, scaled(keyed_number(memory.text("memory.oom_control"), "oom_kill")));
}

}  // namespace

UnitReadings read_unit_v2(const Root& root, const CgroupPath& directory, std::span<char> buffer) {
    const Directory unit(root, directory, buffer);
    UnitReadings readings;
    const auto stat = unit.text("cpu.stat");
    readings.cpu_seconds = scaled(keyed_number(stat, "usage_usec"), kMicroseconds);
    readings.cpu_periods = scaled(keyed_number(stat, "nr_periods"));
    readings.cpu_throttled_periods = scaled(keyed_number(stat, "nr_throttled"));
    readings.cpu_throttled_seconds = scaled(keyed_number(stat, "throttled_usec"), kMicroseconds);
    readings.memory_bytes = unit.number("memory.current");
    readings.memory_max_bytes = unit.number("memory.max");
    const auto events = unit.text("memory.events");
    readings.memory_high_events = scaled(keyed_number(events, "high"));
    readings.memory_max_events = scaled(keyed_number(events, "max"));
    readings.oom_kills = scaled(keyed_number(events, "oom_kill"));
    if (const auto text = unit.text("io.stat"); !text.empty()) {
        if (const auto io = parse_io_stat(text)) {
            readings.read_bytes = as_double(io->read_bytes);
            readings.written_bytes = as_double(io->written_bytes);
        }
    }
    readings.tasks = unit.number("pids.current");
    readings.tasks_max = unit.number("pids.max");
    readings.tasks_refused = scaled(keyed_number(unit.text("pids.events"), "max"));
    readings.cpu_stall_seconds = unit.stall("cpu.pressure");
    readings.memory_stall_seconds = unit.stall("memory.pressure");
    readings.io_stall_seconds = unit.stall("io.pressure");
    // Empty without a limit: "8:16 rbps=2097152 wbps=max riops=max wiops=max".
    if (readings.io_stall_seconds && unit.text("io.max").find('=') != std::string_view::npos) {
        readings.io_limited_stall_seconds = readings.io_stall_seconds;
    }
    return readings;
}

void add_unit_v1(const Root& root, std::string_view unit_path, std::span<char> buffer,
                 UnitReadings& readings) {
    add_cpu_v1(root, unit_path, buffer, readings);
    const CgroupPath memory = legacy_directory("memory", unit_path);
    add_memory_v1(Directory(root, memory, buffer), readings);
    const CgroupPath tasks_path = legacy_directory("pids", unit_path);
    const Directory tasks(root, tasks_path, buffer);
    fill(readings.tasks, tasks.number("pids.current"));
    fill(readings.tasks_max, tasks.number("pids.max"));
    fill(readings.tasks_refused, scaled(keyed_number(tasks.text("pids.events"), "max")));
    const CgroupPath io_path = legacy_directory("blkio", unit_path);
    const Directory io(root, io_path, buffer);
    const auto bytes = parse_blkio_bytes(io.text("blkio.throttle.io_service_bytes"));
    if (!bytes) return;
    fill(readings.read_bytes, as_double(bytes->read_bytes));
    fill(readings.written_bytes, as_double(bytes->written_bytes));
}

}  // namespace homeostat
