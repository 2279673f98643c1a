#include "detectors/catalogue_rows.hpp"

#include <doctest/doctest.h>

#include "tests/detectors/condition_watch.hpp"

using namespace homeostat;
using namespace homeostat::test;

TEST_CASE("network: retransmits need a share and a number") {
    ConditionWatch idle("tcp_retransmits");
    CHECK(idle.after(60, {.value = 0.5, .witness = 1.0}) == kNone);  // two of four segments
    ConditionWatch loss("tcp_retransmits");
    CHECK(loss.after(12, {.value = 0.08, .witness = 40.0}) == kWarning);
    CHECK(loss.after(1, {.value = 0.30, .witness = 40.0}) == kError);
}

TEST_CASE("network: a default route that is lost is an error, a host without one is not") {
    ConditionWatch none("default_route_lost");
    CHECK(none.after(60, {.value = 0}) == kNone);
    ConditionWatch lost("default_route_lost");
    lost.after(5, {.value = 1});
    CHECK(lost.after(5, {.value = 0}) == kError);
}

TEST_CASE("network: names that are not resolved in time are told where that is unusual") {
    ConditionWatch watch("names_resolve_slowly");
    CHECK(watch.after(60, {.value = 0}) == kNone);
    CHECK(watch.after(5, {.value = 1}) == kNone);
    CHECK(watch.after(2, {.value = 3}) == kWarning);
    CHECK(watch.after(2, {.value = 20}) == kError);
    CHECK(watch.after(40, {.value = 0}) == kNone);
}
