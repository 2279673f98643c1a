#include "detectors/catalogue_rows.hpp"

#include <doctest/doctest.h>

#include "tests/detectors/condition_watch.hpp"

using namespace homeostat;
using namespace homeostat::test;

TEST_CASE("storage: inodes run out by share alone, space by share and room") {
    ConditionWatch inodes("filesystem_inodes_full");
    CHECK(inodes.after(12, {.value = 0.96}) == kError);
    ConditionWatch space("filesystem_full");
    CHECK(space.after(60, {.value = 0.96}) == kNone);
    CHECK(space.after(12, {.value = 0.96, .room = 1e9}) == kError);
}

TEST_CASE("storage: a mount that never answered is no mount that hangs now") {
    ConditionWatch watch("mount_hung");
    CHECK(watch.after(60, {.value = 1}) == kNone);
    watch.after(1, {.value = 0});
    CHECK(watch.after(7, {.value = 1}) == kError);
}
