#include "collectors/unit_readings.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;

TEST_CASE("unit_readings: version 1 fills in what version 2 did not say, and nothing else") {
    test::MemoryRoot root;
    root.set("sys/fs/cgroup/memory/a.service/memory.usage_in_bytes", "4096\n");
    root.set("sys/fs/cgroup/memory/a.service/memory.failcnt", "3\n");
    std::array<char, 4096> buffer{};
    UnitReadings readings;
    readings.memory_bytes = 7;
    add_unit_v1(root, "a.service", buffer, readings);
    CHECK(*readings.memory_bytes == 7);
    CHECK(*readings.memory_max_events == 3);
    CHECK_FALSE(readings.cpu_seconds);
    CHECK_FALSE(readings.tasks);
}

TEST_CASE("unit_readings: the processor's files under each name that distributions mount") {
    std::array<char, 4096> buffer{};
    for (const char* name : {"cpu,cpuacct", "cpuacct"}) {
        test::MemoryRoot root;
        const std::string top = std::string("sys/fs/cgroup/") + name + "/a.service/";
        root.set(top + "cpuacct.usage", "2000000000\n");
        UnitReadings readings;
        add_unit_v1(root, "a.service", buffer, readings);
        CHECK(*readings.cpu_seconds == doctest::Approx(2));
    }
}

TEST_CASE("unit_readings: a limit that is none is missing") {
    test::MemoryRoot root;
    std::array<char, 4096> buffer{};
    root.set("sys/fs/cgroup/memory/a.service/memory.limit_in_bytes", "9223372036854771712\n");
    root.set("sys/fs/cgroup/pids/a.service/pids.max", "max\n");
    UnitReadings old;
    add_unit_v1(root, "a.service", buffer, old);
    CHECK_FALSE(old.memory_max_bytes);
    CHECK_FALSE(old.tasks_max);
    root.set("sys/fs/cgroup/a.service/memory.max", "max\n");
    CHECK_FALSE(read_unit_v2(root, "sys/fs/cgroup/a.service", buffer).memory_max_bytes);
}

TEST_CASE("unit_readings: stalls for I/O are told apart where somebody limits it") {
    test::MemoryRoot root;
    std::array<char, 4096> buffer{};
    const std::string unit = "sys/fs/cgroup/a.service/";
    root.set(unit + "io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=7000000\n");
    root.set(unit + "io.max", "");
    CHECK_FALSE(read_unit_v2(root, "sys/fs/cgroup/a.service", buffer).io_limited_stall_seconds);
    root.set(unit + "io.max", "8:16 rbps=2097152 wbps=max riops=max wiops=max\n");
    const auto limited = read_unit_v2(root, "sys/fs/cgroup/a.service", buffer);
    CHECK(*limited.io_limited_stall_seconds == doctest::Approx(7));
    CHECK(*limited.io_stall_seconds == doctest::Approx(7));
}

TEST_CASE("unit_readings: hostile files give nothing, and a path too long is not read") {
    std::array<char, 200'000> buffer{};
    for (const std::string& text : test::hostile_texts()) {
        test::MemoryRoot root;
        for (const char* file : {"cpu.stat", "memory.current", "io.stat", "cpu.pressure"}) {
            root.set(std::string("sys/fs/cgroup/a.service/") + file, text);
        }
        const auto readings = read_unit_v2(root, "sys/fs/cgroup/a.service", buffer);
        CHECK_FALSE(readings.cpu_seconds);
        CHECK_FALSE(readings.memory_bytes);
        CHECK_FALSE(readings.cpu_stall_seconds);
    }
    UnitReadings readings;
    add_unit_v1(test::MemoryRoot(), std::string(300, 'x'), buffer, readings);
    CHECK_FALSE(readings.memory_bytes);
}
