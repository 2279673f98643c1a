#include "detectors/catalogue_rows.hpp"

#include <doctest/doctest.h>

#include "tests/detectors/condition_watch.hpp"

using namespace homeostat;
using namespace homeostat::test;

TEST_CASE("processor: busy cores are a fault only when somebody has been at it for a while") {
    ConditionWatch compile("cpu_saturated");
    CHECK(compile.after(600, {.value = 1.0, .witness = 0.05}) == kNone);
    ConditionWatch hog("cpu_saturated");
    CHECK(hog.after(10, {.value = 0.99, .witness = 0.95}) == kWarning);
    CHECK(hog.after(25, {.value = 0.30, .witness = 0.0}) == kNone);
}

TEST_CASE("processor: cores that were always offline are no news") {
    ConditionWatch always("cores_went_offline");
    CHECK(always.after(60, {.value = 2}) == kNone);
    ConditionWatch now("cores_went_offline");
    now.after(5, {.value = 0});
    CHECK(now.after(12, {.value = 1}) == kWarning);
}
