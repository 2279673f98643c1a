#include "collectors/processes.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fake_process.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("processes: counts of the host, and the table is filled for later questions") {
    Watch watch;
    ProcessesCollector processes(watch.bench);
    REQUIRE(watch.collect(processes, test::load_host("debian12-6.1")));
    CHECK(*watch.value("processes_count") == 7);
    CHECK(*watch.value("threads_count") == 12);
    CHECK(*watch.value("processes_uninterruptible_count") == 1);
    CHECK(*watch.value("processes_zombie_count") == 1);
    CHECK(watch.bench.processes().size() == 7);
}

TEST_CASE("processes: hidden processes make the counts unknown, not small") {
    Watch watch;
    ProcessesCollector processes(watch.bench);
    test::MemoryRoot root;
    test::FakeProcess{.pid = 42, .name = "mine"}.put(root);
    const auto status = watch.collect(processes, root);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::Denied);
    CHECK_FALSE(watch.value("processes_count"));
    CHECK(watch.bench.processes().size() == 1);
}

TEST_CASE("processes: with more than the table holds they are counted, and their threads unknown") {
    Watch watch;
    WorkbenchSettings settings;
    settings.processes_max = 4;
    Workbench bench(settings);
    ProcessesCollector processes(bench);
    test::MemoryRoot root;
    for (int pid = 1; pid <= 9; ++pid) test::FakeProcess{.pid = pid, .name = "p"}.put(root);
    REQUIRE(watch.collect(processes, root));
    CHECK(*watch.value("processes_untracked_count") == 5);
    CHECK(*watch.value("processes_count") == 9);
    CHECK_FALSE(watch.value("threads_count"));
}

TEST_CASE("processes: no /proc, no pass") {
    Watch watch;
    ProcessesCollector processes(watch.bench);
    CHECK_FALSE(watch.collect(processes, test::MemoryRoot{}));
}
