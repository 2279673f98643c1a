#include "agent/incidents/event_history.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "core/format.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {

Event package(std::string_view name, Instant at) {
    Event event;
    event.at = at;
    event.kind = EventKind::PackageChanged;
    event.object = name;
    return event;
}

}  // namespace

TEST_CASE("event_history: the newest come first, and the oldest make room") {
    test::ManualClock clock;
    EventHistory history;
    CHECK(history.size() == 0);
    const AllocationGuard guard;
    for (std::size_t i = 0; i < EventHistory::kEvents + 10; ++i) {
        FixedString<31> name;
        format_into(name, "p{}", i);
        history.note(package(name, clock.now()));
        CHECK(history.newest(0).event.object == name);
        clock.advance(seconds(1));
    }
    CHECK(guard.count() == 0);
    REQUIRE(history.size() == EventHistory::kEvents);
    CHECK(history.newest(1).event.object == "p136");
    CHECK(history.newest(EventHistory::kEvents - 1).event.object == "p10");
}

TEST_CASE("event_history: a repetition refreshes what is known, unless it comes much later") {
    test::ManualClock clock;
    EventHistory history;
    const Instant first = clock.now();
    history.note(package("nginx", first));
    history.note(package("curl", first));
    clock.advance(minutes(9));
    history.note(package("nginx", clock.now()));
    REQUIRE(history.size() == 2);
    CHECK(history.newest(1).times == 2);
    CHECK(history.newest(1).event.at == first);
    CHECK(history.newest(1).last == clock.now());
    clock.advance(minutes(11));
    history.note(package("nginx", clock.now()));
    REQUIRE(history.size() == 3);
    CHECK(history.newest(0).event.object == "nginx");
    CHECK(history.newest(0).times == 1);
}
