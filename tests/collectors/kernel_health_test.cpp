#include "collectors/kernel_health.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("kernel health: what this kernel counts, and no more") {
    Watch watch;
    KernelHealthCollector health(watch.bench);
    auto root = test::load_host("container-6.18");
    root.set("sys/kernel/oops_count", "2\n");
    REQUIRE(watch.collect(health, root));
    CHECK(*watch.value("kernel_oopses_count") == 2);
    CHECK(*watch.value("kernel_hung_tasks_count") == 0);
    CHECK(*watch.value("kernel_rcu_stalls_count") == 0);
    CHECK(watch.samples.all().size() == 7);
    REQUIRE(watch.collect(health, test::load_host("kernel-4.18")));
    CHECK(*watch.value("kernel_taint_flags") == 4096);
    CHECK(watch.samples.all().size() == 1);
}

TEST_CASE("kernel health: what may not be read is an error, not silence") {
    Watch watch;
    KernelHealthCollector health(watch.bench);
    auto root = test::load_host("container-6.18");
    root.fail("sys/kernel/warn_count", Errc::Denied);
    CHECK(watch.collect(health, root).error().code == Errc::Denied);
    root = test::load_host("container-6.18");
    root.set("sys/kernel/warn_count", "many\n");
    CHECK(watch.collect(health, root).error().code == Errc::Parse);
}
