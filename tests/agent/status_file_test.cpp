#include "agent/status_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

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
    CHECK(parsed["destinations"][0]["name"] == "otlp");
    CHECK(parsed["events_newest"][0]["kind"] == "package_changed");
    CHECK(parsed["events_newest"][0]["object"] == "nginx");
    const auto text = status_text(json, clock.now().unix_ns);
    REQUIRE(text);
    CAPTURE(*text);
    CHECK(text->find("web1: running for 5 min (pid 42)") != std::string::npos);
    CHECK(text->find("meminfo unknown: read proc/meminfo: denied") != std::string::npos);
    CHECK(parsed["destinations"][0]["state"] == "untried");
    CHECK(text->find("otlp: not tried yet, 0 sent, 0 queued") != std::string::npos);
    CHECK(std::count(text->begin(), text->end(), '\n') <= 24);
}

TEST_CASE_FIXTURE(Fixture, "status_file: an agent that says nothing any more is called silent") {
    const std::string json = status_json(facts, status, courier, false);
    const auto text = status_text(json, (clock.now() + minutes(10)).unix_ns);
    REQUIRE(text);
    CHECK(text->find("SILENT for 10 min") != std::string::npos);
    const auto stopped =
        status_text(status_json(facts, status, courier, true), (clock.now() + minutes(10)).unix_ns);
    REQUIRE(stopped);
    CHECK(stopped->find("stopped 10 min ago") != std::string::npos);
}

TEST_CASE("status_file: what is not a status file is an error") {
    for (const std::string_view text : {"", "garbage", "[]", "{", "3"}) {
        CAPTURE(text);
        CHECK_FALSE(status_text(text, 0));
    }
}

TEST_CASE_FIXTURE(Fixture, "status_file: safe mode is told, with its reason") {
    const auto calm = status_text(status_json(facts, status, courier, false), clock.now().unix_ns);
    REQUIRE(calm);
    CHECK(calm->find("SAFE MODE") == std::string::npos);
    facts.crashes = 3;
    facts.safe_mode = true;
    const auto text = status_text(status_json(facts, status, courier, false), clock.now().unix_ns);
    REQUIRE(text);
    CHECK(text->find("SAFE MODE  3 starts in a row did not end well: acts on nothing") !=
          std::string::npos);
}
