#include "detectors/catalogue_rows.hpp"

#include <doctest/doctest.h>

#include "tests/detectors/condition_watch.hpp"

using namespace homeostat;
using namespace homeostat::test;

TEST_CASE("memory: stalls of all tasks grow worse with their share") {
    ConditionWatch watch("memory_stall");
    CHECK(watch.after(9, {.value = 0.2}) == kNone);
    CHECK(watch.after(3, {.value = 0.2}) == kWarning);
    CHECK(watch.after(1, {.value = 0.5}) == kError);
    CHECK(watch.after(1, {.value = 0.9}) == kCritical);
}

TEST_CASE("memory: a slow growth is no leak, a fast one is") {
    ConditionWatch watch("process_leaks");
    CHECK(watch.after(60, {.value = 0.6}) == kNone);
    CHECK(watch.after(12, {.value = 1.5}) == kWarning);
    CHECK(watch.after(40, {.value = 0}) == kNone);
}

TEST_CASE("memory: a unit above its MemoryHigh is told while it suffers from it") {
    ConditionWatch calm("unit_memory_throttled");
    CHECK(calm.after(60, {.value = 20, .witness = 0.02}) == kNone);
    ConditionWatch slowed("unit_memory_throttled");
    CHECK(slowed.after(20, {.value = 20, .witness = 0.4}) == kWarning);
    // Where nothing counts its stalls, that it meets its MemoryMax, too, has to do.
    ConditionWatch blind("unit_memory_throttled");
    CHECK(blind.after(30, {.value = 20, .witness_or = 0}) == kNone);
    CHECK(blind.after(30, {.value = 20, .witness_or = 3}) == kWarning);
}
