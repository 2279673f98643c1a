#include "detectors/catalogue_rows.hpp"

#include <doctest/doctest.h>

#include "tests/detectors/condition_watch.hpp"

using namespace homeostat;
using namespace homeostat::test;

TEST_CASE("device: a queue is a fault when it stays, is unusual, and is no batch job's") {
    ConditionWatch backup("disk_saturated");
    backup.after(60, {.value = 0.2, .witness = 0.0});
    CHECK(backup.after(600, {.value = 30, .witness = 0.1}) == kNone);
    ConditionWatch hog("disk_saturated");
    hog.after(60, {.value = 0.2, .witness = 0.0});
    CHECK(hog.after(12, {.value = 30, .witness = 0.9}) == kWarning);
}

TEST_CASE("device: a degraded array is a fault also if it was so at the start") {
    ConditionWatch watch("raid_degraded");
    CHECK(watch.after(32, {.value = 1}) == kError);
}
