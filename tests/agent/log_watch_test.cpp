#include "agent/log_watch.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    test::ManualClock clock;
    LogWatch watch;
    Events events{64};

    void say(std::string_view text, int priority = 6, std::string_view source = "app.service") {
        watch.take({.source = source, .priority = priority, .text = text, .at = clock.now()});
    }
    std::span<const Event> report() {
        events.begin();
        watch.report(clock.now(), events);
        return events.all();
    }
    void learn() {
        say("service started");
        clock.advance(LogWatch::kLearnFor);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "log_watch: while it learns, nothing is news") {
    say("error: cannot write the index", 3);
    CHECK(report().empty());
}

TEST_CASE_FIXTURE(Fixture, "log_watch: a new sentence of trouble is told once, with its unit") {
    learn();
    say("connection refused by backend 10.0.0.7");
    say("connection refused by backend 10.0.0.9");
    say("request served in 12 ms");
    say("cache is cold", 4, "kernel");
    const auto told = report();
    REQUIRE(told.size() == 2);
    CHECK(told[0].kind == EventKind::LogPatternNew);
    CHECK(told[0].subject == Subject{SubjectKind::Unit, "app.service"});
    CHECK(told[0].text == "new in the log of app.service: connection refused by backend 10.0.0.7");
    CHECK(told[1].subject == Subject{});
    CHECK(report().empty());
}

TEST_CASE_FIXTURE(Fixture, "log_watch: a flood of new sentences is told in part") {
    learn();
    for (char c = 'a'; c < 'z'; ++c) {
        say(std::string("error in module ") + c + c + c + c + ": stage " + c + c + " gave up", 3);
    }
    CHECK(report().size() <= LogWatch::kNewPerWindowMax);
}

TEST_CASE_FIXTURE(Fixture,
                  "log_watch: a sentence that comes much more often than ever is a burst") {
    for (int minute = 0; minute < 90; ++minute) {
        for (int i = 0; i < 5; ++i) say("queue is long: 17 waiting");
        clock.advance(minutes(1));
        CHECK(report().empty());
    }
    for (int i = 0; i < 500; ++i) say("queue is long: 900 waiting");
    const auto told = report();
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == EventKind::LogBurst);
    CHECK(told[0].text.view().starts_with("100 lines within a minute from app.service, at most 5"));
    // It goes on: from then on that is its usual rate.
    clock.advance(minutes(1));
    for (int i = 0; i < 500; ++i) say("queue is long: 900 waiting");
    CHECK(report().empty());
}

TEST_CASE_FIXTURE(
    Fixture, "log_watch: a flood is told within its first minute, without an hour of learning") {
    say("service started");
    clock.advance(LogWatch::kFirstLook);
    for (std::uint32_t i = 0; i + 1 < LogWatch::kFloodOfTroubleLines; ++i)
        say("cannot connect: connection refused");
    CHECK(report().empty());
    say("cannot connect: connection refused");
    const auto told = report();
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == EventKind::LogBurst);
    CHECK(told[0].subject == Subject{SubjectKind::Unit, "app.service"});
    CHECK(told[0].text.view().starts_with(LogWatch::kFlood));
    for (int i = 0; i < 5000; ++i) say("cannot connect: connection refused");
    CHECK(report().empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "log_watch: what was as loud before is no flood, nor are words without trouble") {
    for (int i = 0; i < 40'000; ++i)
        say("request refused: wrong method");  // it was there before us
    clock.advance(LogWatch::kFirstLook);
    for (int i = 0; i < 40'000; ++i) say("request refused: wrong method");
    for (std::uint32_t i = 0; i + 1 < LogWatch::kFloodLines; ++i) say("served in 12 ms");
    CHECK(report().empty());
    say("served in 12 ms");
    CHECK(report().size() == 1);
    clock.advance(LogWatch::kWindow);
    CHECK(report().empty());
    // The next minutes are no louder than the last ones.
    for (int i = 0; i < 90'000; ++i) say("served in 12 ms");
    for (int i = 0; i < 90'000; ++i) say("request refused: wrong method");
    CHECK(report().empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "log_watch: a log that was silent since the start may begin with a flood") {
    CHECK(report().empty());
    clock.advance(LogWatch::kFirstLook);
    for (std::uint32_t i = 0; i < LogWatch::kFloodOfTroubleLines; ++i) say("error: out of ideas");
    CHECK(report().size() == 1);
}

TEST_CASE_FIXTURE(
    Fixture, "log_watch: a burst is no flood; the flood of a file has the file for its subject") {
    for (int minute = 0; minute < 90; ++minute) {
        for (int i = 0; i < 5; ++i) say("queue is long: 17 waiting", 6, "/var/log/app.log");
        clock.advance(minutes(1));
    }
    CHECK(report().empty());
    std::uint32_t said = 0;
    for (; said < LogWatch::kFloodLines; ++said) {
        say("queue is long: 900 waiting", 6, "/var/log/app.log");
    }
    const auto told = report();
    REQUIRE(told.size() == 2);
    CHECK_FALSE(told[0].text.view().starts_with(LogWatch::kFlood));
    CHECK(told[1].text.view().starts_with(LogWatch::kFlood));
    for (const Event& event : told) {
        CHECK(event.subject == Subject{SubjectKind::Target, "/var/log/app.log"});
        CHECK(event.object.view().starts_with("/var/log/app.log #"));
    }
}

TEST_CASE_FIXTURE(Fixture, "log_watch: allocates nothing for a line, whatever is in it") {
    learn();
    const std::string binary("\0\xff\x80 error", 9);
    const std::string huge(100'000, 'x');
    events.begin();
    const AllocationGuard guard;
    for (int i = 0; i < 1000; ++i) {
        say(binary);
        say(huge);
        say("");
        watch.report(clock.now(), events);
    }
    CHECK(guard.count() == 0);
    CHECK(watch.memory_bytes() <= 256 * 1024);
}

TEST_CASE("log_watch: words of trouble, in any case") {
    CHECK(names_trouble("FATAL: no space"));
    CHECK(names_trouble("request Timed Out"));
    CHECK_FALSE(names_trouble("listening on port 80"));
    CHECK_FALSE(names_trouble(""));
}
