#include "detectors/event_conditions.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    test::ManualClock clock;
    EventConditions events{stock_conditions()};
    std::vector<Finding> out;

    Fixture() { out.reserve(256); }

    void tell(EventKind kind, std::string_view subject, std::string_view text = "") {
        Event event;
        event.at = clock.now();
        event.kind = kind;
        event.subject = {SubjectKind::Unit, subject};
        event.text = text;
        events.note(event);
    }
    std::size_t held() {
        out.clear();
        events.report(clock.now(), out);
        return out.size();
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "event conditions: a failed unit holds until it is started again") {
    tell(EventKind::UnitFailed, "nginx.service");
    REQUIRE(held() == 1);
    CHECK(out[0].condition == "unit_failed");
    CHECK(out[0].incident == "service_failed");
    CHECK(out[0].subject.name == "nginx.service");
    clock.advance(hours(3));
    CHECK(held() == 1);
    tell(EventKind::UnitStarted, "cron.service");
    CHECK(held() == 1);
    tell(EventKind::UnitStarted, "nginx.service");
    CHECK(held() == 0);
}

TEST_CASE_FIXTURE(Fixture, "event conditions: one restart is none, three in time are a loop") {
    for (int i = 0; i < 10; ++i) {
        tell(EventKind::UnitRestarted, "slow.service");
        clock.advance(minutes(2));
    }
    CHECK(held() == 0);
    for (int i = 0; i < 3; ++i) {
        tell(EventKind::UnitRestarted, "loop.service");
        clock.advance(seconds(5));
    }
    REQUIRE(held() == 1);
    CHECK(out[0].value == 3);
    clock.advance(minutes(3));
    CHECK(held() == 0);
}

TEST_CASE_FIXTURE(Fixture, "event conditions: text narrows them down") {
    tell(EventKind::FileChanged, "", "/etc/hosts changed");
    CHECK(held() == 0);
    tell(EventKind::FileChanged, "", "/usr/bin/x is setuid now");
    REQUIRE(held() == 1);
    CHECK(out[0].condition == "setuid_file_added");
}

TEST_CASE_FIXTURE(Fixture, "event conditions: a flood of subjects is bounded and counted") {
    const AllocationGuard guard;
    for (int i = 0; i < 10'000; ++i) {
        FixedString<31> name;
        format_into(name, "unit{}.service", i);
        tell(EventKind::UnitFailed, name);
    }
    CHECK(held() == EventConditions::kHeldMax);
    CHECK(events.refused() == 10'000 - EventConditions::kHeldMax);
    CHECK(guard.count() == 0);
}
