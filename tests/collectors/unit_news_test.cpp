#include "collectors/unit_news.hpp"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

constexpr std::string_view kStarted = "39f53479d3a045ac8e11786248231fbf";
constexpr std::string_view kStopped = "9d1aaa27d60140bd96365438aad20286";
constexpr std::string_view kRestart = "5eb03494b6584870a536b337290809b3";
constexpr std::string_view kFailed = "d9b373ed55a64feb8242e02dbe79a49c";

struct Fixture {
    test::TemporaryDirectory directory;
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    test::ManualClock clock;
    Events events{16};
    UnitNews news;

    void say(std::string_view id, std::string_view unit, std::int64_t pid = 1) {
        JournalEntry entry;
        entry.pid = pid;
        entry.message_id = id;
        entry.about_unit = unit;
        entry.message = "words";
        news.read(entry, files, clock.now(), events);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "unit_news: starts and stops are told, a timer's service as such") {
    directory.write("etc/systemd/system/backup.timer", "");
    directory.write("lib/systemd/system/scrub@.timer", "");
    say(kStarted, "app.service");
    say(kStarted, "backup.service");
    say(kStarted, "scrub@srv.service");
    say(kStopped, "app.service");
    const auto told = events.all();
    REQUIRE(told.size() == 4);
    CHECK(told[0].kind == EventKind::UnitStarted);
    CHECK(told[0].subject == Subject{SubjectKind::Unit, "app.service"});
    CHECK(told[0].object == "app.service");
    CHECK(told[0].text == "words");
    CHECK(told[1].kind == EventKind::TimerRan);
    CHECK(told[2].kind == EventKind::TimerRan);
    CHECK(told[3].kind == EventKind::UnitStopped);
}

TEST_CASE_FIXTURE(Fixture, "unit_news: a failure is told unless systemd starts the unit again") {
    say(kFailed, "gone.service");
    say(kFailed, "loop.service");
    say(kRestart, "loop.service");
    news.settle(clock.now(), events);
    REQUIRE(events.all().size() == 1);
    CHECK(events.all()[0].kind == EventKind::UnitRestarted);
    CHECK(events.all()[0].object == "loop.service");
    clock.advance(seconds(2));
    events.begin();
    news.settle(clock.now(), events);
    news.settle(clock.now(), events);
    REQUIRE(events.all().size() == 1);
    CHECK(events.all()[0].kind == EventKind::UnitFailed);
    CHECK(events.all()[0].object == "gone.service");
    CHECK(news.failures() == 1);
    CHECK(news.restarts() == 1);
}

TEST_CASE_FIXTURE(Fixture, "unit_news: only systemd is believed, and only what is news") {
    say(kFailed, "app.service", 4711);
    say(kStarted, "user@0.service");
    say(kStarted, "session-3.scope");
    say(kStarted, "");
    say("00000000000000000000000000000000", "app.service");
    clock.advance(minutes(1));
    news.settle(clock.now(), events);
    CHECK(events.all().empty());
}

TEST_CASE_FIXTURE(Fixture, "unit_news: when very many units fail at once, none is lost") {
    Events many(128);
    for (int i = 0; i < 80; ++i) {
        JournalEntry entry;
        entry.pid = 1;
        entry.message_id = kFailed;
        format_into(entry.about_unit, "u{}.service", i);
        news.read(entry, files, clock.now(), many);
    }
    clock.advance(seconds(2));
    news.settle(clock.now(), many);
    CHECK(many.all().size() == 80);
}
