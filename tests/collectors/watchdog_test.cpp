#include "collectors/watchdog.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("watchdog: armed or not, and how near its end") {
    Watch watch;
    WatchdogCollector watchdog(watch.bench);
    REQUIRE(watch.collect(watchdog, test::load_host("storage-5.15")));
    CHECK(*watch.value("watchdog_active", SubjectKind::Sensor, "watchdog0") == 1);
    CHECK(*watch.value("watchdog_time_left_ratio", SubjectKind::Sensor, "watchdog0") ==
          doctest::Approx(0.9));
}

TEST_CASE("watchdog: one that is not armed has no time left to speak of") {
    Watch watch;
    WatchdogCollector watchdog(watch.bench);
    test::MemoryRoot root;
    root.set("sys/class/watchdog/watchdog0/state", "inactive\n");
    root.set("sys/class/watchdog/watchdog0/timeleft", "0\n");
    root.set("sys/class/watchdog/watchdog0/timeout", "60\n");
    REQUIRE(watch.collect(watchdog, root));
    CHECK(*watch.value("watchdog_active", SubjectKind::Sensor, "watchdog0") == 0);
    CHECK_FALSE(watch.value("watchdog_time_left_ratio", SubjectKind::Sensor, "watchdog0"));
}
