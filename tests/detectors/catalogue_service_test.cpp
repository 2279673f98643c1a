#include "detectors/catalogue_rows.hpp"

#include <doctest/doctest.h>

#include "tests/detectors/condition_watch.hpp"

using namespace homeostat;
using namespace homeostat::test;

TEST_CASE("service: the clock is judged by what it was: never synchronised is no news") {
    ConditionWatch container("clock_unsynchronised");
    CHECK(container.after(1000, {.value = 0}) == kNone);
    ConditionWatch lost("clock_unsynchronised");
    lost.after(5, {.value = 1});
    CHECK(lost.after(200, {.value = 0}) == kNone);
    CHECK(lost.after(150, {.value = 0}) == kWarning);
}

TEST_CASE("service: what is about security only observes") {
    for (const Condition& condition : service_conditions()) {
        const bool security =
            condition.incident == "login_failures" || condition.incident == "security_change" ||
            condition.incident == "traffic_fan_out" || condition.name == "port_opened";
        if (security) CHECK(condition.remedy.empty());
    }
}

TEST_CASE(
    "service: a unit that does not stop is stuck after minutes, one that starts after hours") {
    ConditionWatch stops("unit_stuck_stopping");
    CHECK(stops.after(60, {.value = 90}) == kNone);  // systemd's own time-out
    CHECK(stops.after(60, {.value = 400}) == kWarning);
    CHECK(stops.after(120, {.value = 0}) == kNone);
    ConditionWatch starts("unit_stuck_starting");
    CHECK(starts.after(60, {.value = 2 * 3600}) == kNone);  // a backup
    CHECK(starts.after(60, {.value = 7 * 3600}) == kWarning);
}

TEST_CASE(
    "service: one that a signal stopped is told at its third look, and over when it goes on") {
    ConditionWatch watch("service_stopped_by_signal");
    CHECK(watch.after(5, {.value = 5}) == kNone);
    CHECK(watch.after(1, {.value = 10}) == kError);
    CHECK(watch.after(60, {.value = 300}) == kError);
    CHECK(watch.after(12, {.value = 0}) == kNone);
}

TEST_CASE("service: a unit that waits for I/O all the time is held back where that is limited") {
    ConditionWatch watch("unit_io_throttled");
    CHECK(watch.after(60, {.value = 0.3}) == kNone);
    CHECK(watch.after(25, {.value = 0.9}) == kWarning);
}
