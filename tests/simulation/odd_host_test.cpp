// What odd but healthy hosts do to a whole agent: counters wrap, clocks are set, the machine
// sleeps, cores and disks are pulled out, containers come and go by the hundred.

#include <doctest/doctest.h>

#include <functional>

#include "tests/agent/rig.hpp"

using namespace homeostat;
using test::Rig;

namespace {

constexpr double kTwoTo32 = 4294967296.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

// The watch for `count` seconds over the synthetic host with `twist` on top of it.
void run(Rig& rig, int count, const std::function<void(test::MemoryRoot&)>& twist) {
    for (int i = 0; i < count; ++i) {
        rig.synthetic.advance_to(rig.clock.now());
        twist(rig.synthetic.root());
        rig.agent.tick();
        while (const auto incident = rig.work.to_ship.try_pop()) rig.told.push_back(*incident);
        rig.clock.advance(seconds(1));
    }
}

AgentStatus status_of(const Rig& rig) {
    AgentStatus status;
    rig.agent.describe(status);
    return status;
}

std::size_t steps_told(const AgentStatus& status) {
    std::size_t steps = 0;
    for (const Event& event : status.events_newest) steps += event.kind == EventKind::ClockStep;
    return steps;
}

const CollectorLine& collector(const AgentStatus& status, std::string_view name) {
    for (const CollectorLine& line : status.collectors) {
        if (line.name == name) return line;
    }
    FAIL("no such collector");
    return status.collectors[0];
}

bool has_series(const Rig& rig, std::string_view metric, SubjectKind kind, std::string_view name) {
    return rig.agent.series().find(metric, Subject{kind, name}).has_value();
}

// "cpu0" to "cpu<cores - 1>", each with its part of the ticks of `second`.
std::string stat_of(int cores, int second) {
    const int idle = 900 * second;
    const int user = 100 * second;
    std::string text = fmt::format("cpu  {} 0 {} {} 0 0 0 0 0 0\n", user, user / 4, idle);
    for (int i = 0; i < cores; ++i) {
        text += fmt::format("cpu{} {} 0 {} {} 0 0 0 0 0 0\n", i, user / cores, user / cores / 4,
                            idle / cores);
    }
    return text +
           "intr 1 0\nctxt 5\nbtime 1795100000\nprocesses 5000\nprocs_running 1\n"
           "procs_blocked 0\n";
}

std::string disks(int second, bool with_second) {
    std::string text =
        fmt::format(" 254 0 vda {0} 0 {1} {0} {0} 0 {1} {0} 0 {0} {0}\n", 100 + second, 8 * second);
    if (with_second)
        text += fmt::format("   8 16 sdb {0} 0 {1} {0} {0} 0 {1} {0} 0 {0} {0}\n", 100 + second,
                            8 * second);
    return text;
}

}  // namespace

TEST_CASE("odd_host: counters that wrap at 32 and at 64 bits are no event of the host") {
    for (const double end : {kTwoTo32, kTwoTo64}) {
        CAPTURE(end);
        Rig rig;
        double counted = end - 400 * 1e6;  // wraps after some 400 seconds
        const auto wrapped = [&] {
            return counted < end ? static_cast<std::uint64_t>(counted)
                                 : static_cast<std::uint64_t>(counted - end);
        };
        run(rig, 1200, [&](test::MemoryRoot& root) {
            counted += 1e6;
            const std::uint64_t n = wrapped();
            root.set("proc/net/dev",
                     fmt::format("Inter-|   Receive    |  Transmit\n"
                                 " face |bytes packets errs drop fifo frame compressed multicast|"
                                 "bytes packets errs drop fifo colls carrier compressed\n"
                                 "  eth0: {0} {0} 0 0 0 0 0 0 {0} {0} 0 0 0 0 0 0\n",
                                 n));
            // Its times are 32 bits wide on every kernel: 49 days of milliseconds.
            root.set("proc/diskstats",
                     fmt::format(" 254 16 vdb {0} 0 {0} {1} {0} 0 {0} {1} 0 {1} {1} 0 0 0 0 0 0\n",
                                 n, static_cast<std::uint32_t>(n / 5000)));
        });
        CHECK(counted > end);
        CHECK(rig.told.empty());
    }
}

TEST_CASE("odd_host: a machine that slept has no incident, and nobody set its clock") {
    Rig rig;
    double slept = 0;
    const auto uptime = [&](test::MemoryRoot& root) {
        const double awake = static_cast<double>(rig.clock.now().monotonic_ns) * 1e-9;
        root.set("proc/uptime", fmt::format("{:.2f} 1000.00\n", awake + slept));
    };
    run(rig, 900, uptime);
    const std::uint64_t series = status_of(rig).series;
    for (int night = 0; night < 3; ++night) {
        slept += hours(9).seconds();
        rig.clock.step_wall_clock(hours(9));  // CLOCK_MONOTONIC stands still in a sleep
        run(rig, 600, uptime);
    }
    CHECK(rig.told.empty());
    CHECK(steps_told(status_of(rig)) == 0);
    CHECK(status_of(rig).series == series);
}

TEST_CASE("odd_host: a clock that is set back and forth is told as that, and nothing else is") {
    Rig rig;
    rig.run(900);
    REQUIRE(rig.told.empty());
    for (const Duration step : {hours(3), hours(-5), hours(24 * 365), hours(-24 * 3650)}) {
        CAPTURE(step.seconds());
        const std::uint64_t events = status_of(rig).events;
        rig.clock.step_wall_clock(step);
        rig.run(300);
        CHECK(status_of(rig).events == events + 1);
        CHECK(steps_told(status_of(rig)) == 1);  // the newest of one kind
    }
    REQUIRE_FALSE(rig.told.empty());
    for (const Incident& incident : rig.told) CHECK(incident.kind == "clock");
    CHECK(rig.agent.open_incidents().empty());
    CHECK(status_of(rig).ticks == 900 + 4 * 300);
}

TEST_CASE("odd_host: a disk that is pulled out is unknown, its slots come back, and so may it") {
    Rig rig;
    int second = 0;
    bool plugged = true;
    const auto twist = [&](test::MemoryRoot& root) {
        root.set("proc/diskstats", disks(++second, plugged));
    };
    run(rig, 600, twist);
    CHECK(has_series(rig, "disk_reads_count", SubjectKind::Device, "sdb"));
    plugged = false;
    run(rig, 1000, twist);
    CHECK_FALSE(has_series(rig, "disk_reads_count", SubjectKind::Device, "sdb"));
    CHECK(has_series(rig, "disk_reads_count", SubjectKind::Device, "vda"));
    plugged = true;
    run(rig, 300, twist);
    CHECK(has_series(rig, "disk_reads_count", SubjectKind::Device, "sdb"));
    CHECK(rig.told.empty());
    CHECK(collector(status_of(rig), "diskstats").errors == 0);
}

TEST_CASE("odd_host: cores that are pulled out do not make the host busy") {
    Rig rig;
    int second = 1000;
    int cores = 4;
    const auto twist = [&](test::MemoryRoot& root) {
        root.set("proc/stat", stat_of(cores, ++second));
    };
    run(rig, 600, twist);
    cores = 2;
    run(rig, 1000, twist);
    CHECK_FALSE(has_series(rig, "core_busy_seconds", SubjectKind::Core, "3"));
    cores = 8;
    run(rig, 300, twist);
    CHECK(rig.told.empty());
    CHECK(collector(status_of(rig), "cpu").errors == 0);
}

TEST_CASE("odd_host: short-lived units leave room for whatever else appears") {
    Config config = test::rig_config();
    Rig rig(config);
    int generation = 0;
    int second = 0;
    bool with_disk = false;
    const auto unit_file = [](int number, int i) {
        return fmt::format("sys/fs/cgroup/system.slice/job-{}-{}.service/pids.current", number, i);
    };
    const auto twist = [&](test::MemoryRoot& root) {
        root.set("sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
        root.set("sys/fs/cgroup/system.slice/keep.service/pids.current", "7\n");
        root.set("proc/diskstats", disks(second, with_disk));
        if (++second % 5 != 0) return;
        for (int i = 0; i < 40; ++i) {
            root.remove(unit_file(generation, i));
            root.set(unit_file(generation + 1, i), "3\n");
        }
        ++generation;
    };
    run(rig, 900, twist);
    AgentStatus status = status_of(rig);
    CHECK(status.series_refused > 0);  // the storm is larger than its share
    CHECK(status.series < config.series_max * 85 / 100);
    with_disk = true;
    run(rig, 60, twist);
    CHECK(has_series(rig, "disk_reads_count", SubjectKind::Device, "sdb"));
    CHECK(has_series(rig, "unit_tasks_count", SubjectKind::Unit, "keep.service"));
    // Four minutes after the storm a new service has its slots.
    const int last = generation;
    run(rig, 240, [&](test::MemoryRoot& root) {
        for (int i = 0; i < 40; ++i) root.remove(unit_file(last, i));
        root.set("sys/fs/cgroup/system.slice/new.service/pids.current", "7\n");
    });
    CHECK(has_series(rig, "unit_tasks_count", SubjectKind::Unit, "new.service"));
}
