#include "core/events.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"

using namespace homeostat;

TEST_CASE(
    "events: one tick tells a fact once, counts what finds no room, and the next one starts "
    "empty") {
    Events events(2);
    const AllocationGuard guard;
    for (const char* who : {"ann", "ann", "bob", "cid"}) {
        Event event;
        event.kind = EventKind::Login;
        event.object = who;
        events.add(event);
    }
    REQUIRE(events.all().size() == 2);
    CHECK(events.all()[1].object == "bob");
    CHECK(events.dropped() == 1);
    events.begin();
    CHECK(events.all().empty());
    CHECK(events.dropped() == 1);
    CHECK(guard.count() == 0);
}
