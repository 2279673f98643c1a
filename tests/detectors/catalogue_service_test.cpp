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
