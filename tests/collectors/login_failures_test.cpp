#include "collectors/login_failures.hpp"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.hpp"

using namespace homeostat;

TEST_CASE("login_failures: ten within a minute are an event, told once a minute") {
    test::ManualClock clock;
    Events events(8);
    LoginFailures failures;
    const auto fail = [&](std::uint32_t times) {
        for (std::uint32_t i = 0; i < times; ++i) {
            failures.note("192.0.2.9", "ann from 192.0.2.9", clock.now(), events);
        }
    };
    fail(LoginFailures::kBurst - 1);
    CHECK(events.all().empty());
    fail(20);
    REQUIRE(events.all().size() == 1);
    CHECK(events.all()[0].kind == EventKind::LoginFailures);
    CHECK(events.all()[0].object == "192.0.2.9");
    CHECK(events.all()[0].text ==
          "10 failed logins within a minute, the last one: ann from 192.0.2.9");
    CHECK(failures.count() == LoginFailures::kBurst + 19);
    clock.advance(minutes(1));
    events.begin();
    fail(20);
    CHECK(events.all().size() == 1);
}

TEST_CASE("login_failures: nine a minute, for ever, are noise") {
    test::ManualClock clock;
    Events events(8);
    LoginFailures failures;
    for (int i = 0; i < 60; ++i) {
        for (int j = 0; j < 9; ++j) failures.note("", "x", clock.now(), events);
        clock.advance(minutes(1));
    }
    CHECK(events.all().empty());
    CHECK(failures.count() == 540);
}
