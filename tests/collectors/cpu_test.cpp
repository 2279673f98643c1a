#include "collectors/cpu.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

namespace {

Result<StatCounts> parse(std::string_view text) {
    return parse_stat(text, [](std::uint32_t, const CpuTimes&) {});
}

}  // namespace

TEST_CASE("cpu: the host's times are a share of all cores, a core's are its own") {
    Watch watch;
    CpuCollector cpu(watch.bench);
    test::MemoryRoot root;
    root.set("proc/stat",
             "cpu  400 0 200 1000 100 10 30 60 5 0\n"
             "cpu0 300 0 100 500 50 5 25 20 0 0\n"
             "cpu1 100 0 100 500 50 5 5 40 5 0\n"
             "intr 1234 1 2 3\nctxt 99\nbtime 1795000000\nprocesses 12\n"
             "procs_running 2\nprocs_blocked 1\n");
    REQUIRE(watch.collect(cpu, root));
    CHECK(*watch.value("cpu_user_seconds") == doctest::Approx(2));  // 4 s over 2 cores
    CHECK(*watch.value("cpu_iowait_seconds") == doctest::Approx(0.5));
    CHECK(*watch.value("cpu_steal_seconds") == doctest::Approx(0.3));
    CHECK(*watch.value("cpu_guest_seconds") == doctest::Approx(0.025));
    CHECK(*watch.value("cpu_busy_seconds") == doctest::Approx(3.5));  // guest counts once
    CHECK(*watch.value("core_busy_seconds", SubjectKind::Core, "0") == doctest::Approx(4.5));
    CHECK(*watch.value("core_interrupt_seconds", SubjectKind::Core, "0") == doctest::Approx(0.3));
    CHECK(*watch.value("cpu_online_count") == 2);
    CHECK(*watch.value("interrupts_count") == 1234);
    CHECK(*watch.value("context_switches_count") == 99);
    CHECK(*watch.value("forks_count") == 12);
    CHECK(*watch.value("tasks_running_count") == 2);
    CHECK(*watch.value("tasks_blocked_count") == 1);
    CHECK(*watch.value("boot_time_seconds") == 1795000000);
}

TEST_CASE("cpu: unplugging a core does not make the counters jump") {
    Watch watch;
    CpuCollector cpu(watch.bench);
    test::MemoryRoot root;
    root.set("proc/stat", "cpu 400 0 0 0\ncpu0 200 0 0 0\ncpu1 200 0 0 0\n");
    REQUIRE(watch.collect(cpu, root));
    CHECK(*watch.value("cpu_user_seconds") == doctest::Approx(2));
    root.set("proc/stat", "cpu 400 0 0 0\ncpu0 200 0 0 0\n");
    REQUIRE(watch.collect(cpu, root));
    CHECK(*watch.value("cpu_user_seconds") == doctest::Approx(2));
    CHECK(*watch.value("cpu_online_count") == 1);
}

TEST_CASE("cpu: modes and lines that a kernel does not have are left out, not zero") {
    Watch watch;
    CpuCollector cpu(watch.bench);
    test::MemoryRoot root;
    root.set("proc/stat", "cpu 1 2 3 4\ncpu0 1 2 3 4\n");
    REQUIRE(watch.collect(cpu, root));
    CHECK(watch.value("cpu_idle_seconds"));
    CHECK_FALSE(watch.value("cpu_iowait_seconds"));
    CHECK_FALSE(watch.value("core_interrupt_seconds", SubjectKind::Core, "0"));
    CHECK_FALSE(watch.value("context_switches_count"));
    CHECK_FALSE(watch.value("boot_time_seconds"));
}

TEST_CASE("cpu: what is not /proc/stat is a parse error that quotes the text") {
    for (const char* text : {"", "cpu", "cpu 1 2 3\ncpu0 1 2 3\n", "cpu 1 2 3 x\n",
                             "cpux 1 2 3 4\n", "cpu 1 2 3 4\n", "cpu -1 2 3 4\ncpu0 1 2 3 4\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse(text));
    }
    const auto wrong = parse("hello\n");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().text.view().find("'hello'") != std::string_view::npos);
}

TEST_CASE("cpu: hostile and cut text is refused or read, never trusted") {
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse(text));
    const std::string good = test::read_text("tests/fixtures/hosts/kernel-4.18/proc/stat");
    test::parse_all_beginnings(good, [](std::string_view text) { (void)parse(text); });
    CHECK(parse(good)->cores == 2);
}

TEST_CASE("cpu: cores past the bound count in the total only") {
    std::string text = "cpu 1 1 1 1\n";
    for (int i = 0; i < 600; ++i) text += "cpu" + std::to_string(i) + " 1 1 1 1\n";
    Watch watch;
    CpuCollector cpu(watch.bench);
    test::MemoryRoot root;
    root.set("proc/stat", text);
    REQUIRE(watch.collect(cpu, root));
    CHECK(watch.value("core_busy_seconds", SubjectKind::Core, "511"));
    CHECK_FALSE(watch.value("core_busy_seconds", SubjectKind::Core, "512"));
    CHECK(*watch.value("cpu_online_count") == 600);
}
