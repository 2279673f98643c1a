#include "agent/status_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/incidents/preferences.hpp"
#include "agent/uplink/spool_files.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_fetcher.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    test::TemporaryDirectory directory;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher;
    DirectorySpoolFiles files{directory / "spool"};
    Spool spool{SpoolSettings{}, files, 1};
    Shipper shipper{settings(), spool, fetcher, 1, clock.now()};
    IncidentStore store{directory.path()};
    Work work;
    Courier courier{work, store, shipper};
    AgentFacts facts{"1.2.3", "web1", 42, clock.now().unix_ns, 2, 1, "Landlock 3, seccomp",
                     0,       false};
    AgentStatus status;

    static ShipSettings settings() {
        ShipSettings settings;
        settings.otlp.push_back(OtlpSettings{});
        return settings;
    }

    Fixture() {
        clock.advance(minutes(5));
        status.at = clock.now();
        status.series = 200;
        status.series_max = 500;
        CollectorLine bad;
        bad.name = "meminfo";
        bad.state = CollectorState::Unknown;
        bad.reason = "read proc/meminfo: denied";
        REQUIRE(status.collectors.push(bad));
        CollectorLine partly;
        partly.name = "journald";
        partly.state = CollectorState::Ok;
        partly.reason = "some messages are not read";
        REQUIRE(status.collectors.push(partly));
        Event event;
        event.kind = EventKind::PackageChanged;
        event.object = "nginx";
        event.text = "package nginx was upgraded (1.23)";
        REQUIRE(status.events_newest.push(event));
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "status_file: what is written can be read by a program and by a person") {
    const std::string json = status_json(facts, status, courier, false);
    const auto parsed = nlohmann::json::parse(json, nullptr, false);
    REQUIRE_FALSE(parsed.is_discarded());
    CHECK(parsed["series"] == 200);
    CHECK(parsed["overruns"] == status.overruns);
    CHECK(parsed["destinations"][0]["name"] == "otlp");
    CHECK(parsed["events_newest"][0]["kind"] == "package_changed");
    CHECK(parsed["events_newest"][0]["object"] == "nginx");
    const auto told = status_text(json, clock.now().unix_ns, WatcherState::Running);
    REQUIRE(told);
    const std::string& text = told->text;
    CAPTURE(text);
    CHECK(told->alive);
    CHECK(text.find("web1: running for 5 min (pid 42)") != std::string::npos);
    CHECK(text.find("meminfo unknown: read proc/meminfo: denied") != std::string::npos);
    CHECK(text.find("journald ok: some messages are not read") != std::string::npos);
    CHECK(parsed["destinations"][0]["state"] == "untried");
    CHECK(text.find("otlp: not tried yet, 0 sent, 0 queued") != std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') <= 24);
}

TEST_CASE_FIXTURE(Fixture, "status_file: who runs, hangs, died and stopped can be told apart") {
    const std::string running = status_json(facts, status, courier, false);
    const std::string stopped = status_json(facts, status, courier, true);
    struct Row {
        const std::string& json;
        Duration age;
        WatcherState watcher;
        std::string_view says;
        bool alive;
        bool warns;
    };
    for (const Row& row : {
             Row{running, seconds(1), WatcherState::Running, "running for 5 min", true, false},
             Row{running, minutes(10), WatcherState::Running, "SILENT for 10 min: it hangs", false,
                 false},
             Row{running, seconds(1), WatcherState::Gone, "SILENT for 1 s: it is gone", false,
                 true},
             Row{running, seconds(1), WatcherState::Unknown, "running for 5 min", true, false},
             Row{running, minutes(10), WatcherState::Unknown, "SILENT for 10 min: it is gone",
                 false, true},
             Row{stopped, minutes(10), WatcherState::Gone, "stopped 10 min ago", true, true},
             Row{stopped, seconds(1), WatcherState::Running, "running for", true, false},
         }) {
        CAPTURE(row.says);
        const std::int64_t now = (clock.now() + row.age).unix_ns;
        const auto told = status_text(row.json, now, row.watcher);
        REQUIRE(told);
        CHECK_MESSAGE(told->text.find(row.says) != std::string::npos, told->text);
        CHECK(told->alive == row.alive);
        const std::string warning = watcher_warning(row.json, now, row.watcher);
        CHECK(!warning.empty() == row.warns);
        if (row.warns) CHECK(warning.find("has not run since 2026-") != std::string::npos);
    }
    CHECK(watcher_warning("", 0, WatcherState::NeverRan).empty());
    CHECK_FALSE(watcher_warning("", 0, WatcherState::Gone).empty());
}

TEST_CASE("status_file: records that a server refused are told, and its warning while all is ok") {
    const auto told = status_text(
        R"({"destinations":[{"name":"otlp","state":"ok","sent":3,"queued":0,"rejected":2,
            "last_error":"2 of 5 records refused: too old"},{"name":"pager","state":"ok"}]})",
        0, WatcherState::Unknown);
    REQUIRE(told);
    CHECK_MESSAGE(told->text.find("otlp: ok, 3 sent, 0 queued, 2 refused by the server (2 of 5 "
                                  "records refused: too old)\n") != std::string::npos,
                  told->text);
    CHECK(told->text.find("pager: ok, 0 sent, 0 queued\n") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "status_file: names that would talk to the terminal do not") {
    facts.host_name = "web\x1b[31m1\nhomeostat 9: all well \xC2\x9B";
    const std::string json = status_json(facts, status, courier, false);
    CHECK(json.find('\x1b') == std::string::npos);
    CHECK(json.find("\xC2\x9B") == std::string::npos);
    const auto told = status_text(json, clock.now().unix_ns, WatcherState::Running);
    REQUIRE(told);
    CHECK(told->text.find("web?[31m1?homeostat 9") != std::string::npos);
    CHECK(told->text.find("\xC2\x9B") == std::string::npos);
}

TEST_CASE("status_file: what is not a status file is an error, what is damaged is passed over") {
    for (const std::string_view text : {"", "garbage", "[]", "{", "3"}) {
        CAPTURE(text);
        CHECK_FALSE(status_text(text, 0, WatcherState::Unknown));
    }
    for (const std::string_view text :
         {R"({"spool":1})", R"({"spool":{"degraded":"x"}})", R"({"store":[],"collectors":{}})",
          R"({"collectors":[1,"x",{"state":2}],"destinations":[[]]})", R"({"host":{},"pid":"x"})",
          "{}"}) {
        CAPTURE(text);
        CHECK(status_text(text, 0, WatcherState::Unknown));
        CHECK_NOTHROW(watcher_warning(text, 0, WatcherState::Gone));
    }
}

TEST_CASE_FIXTURE(Fixture, "status_file: a person's pause is told while it lasts") {
    const std::int64_t now = clock.now().unix_ns;
    struct Row {
        std::int64_t until;
        std::int64_t json;
        const char* says;
    };
    for (const Row& row : {Row{0, 0, ""}, Row{kPausedForGoodUnixNs, -1, "until `homeostat resume`"},
                           Row{now + hours(1).ns, (now + hours(1).ns) / 1'000'000'000,
                               "until 2026-11-20T13:05:00"}}) {
        status.paused_until_unix_ns = row.until;
        const std::string json = status_json(facts, status, courier, false);
        CHECK(nlohmann::json::parse(json)["paused_until_unix"] == row.json);
        const auto told = status_text(json, now, WatcherState::Running, row.until);
        REQUIRE(told);
        CAPTURE(told->text);
        CHECK((told->text.find("PAUSED") != std::string::npos) == (row.until != 0));
        CHECK(told->text.find(row.says) != std::string::npos);
    }
    const auto over = status_text(status_json(facts, status, courier, false), now,
                                  WatcherState::Running, now - 1);
    CHECK(over->text.find("PAUSED") == std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "status_file: safe mode is told, with its reason") {
    const auto calm = status_text(status_json(facts, status, courier, false), clock.now().unix_ns,
                                  WatcherState::Running);
    REQUIRE(calm);
    CHECK(calm->text.find("SAFE MODE") == std::string::npos);
    facts.crashes = 3;
    facts.safe_mode = true;
    const auto text = status_text(status_json(facts, status, courier, false), clock.now().unix_ns,
                                  WatcherState::Running);
    REQUIRE(text);
    CHECK(text->text.find("SAFE MODE  3 starts in a row did not end well: acts on nothing") !=
          std::string::npos);
}
