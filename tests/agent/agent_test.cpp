#include "agent/agent.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/agent/rig.hpp"
#include "tests/support/ask_history.hpp"

using namespace homeostat;
using test::Rig;

namespace {

constexpr double kMiB = 1024.0 * 1024;

// The owner allows the rule for /srv in mode auto; verification wants less than 60 % used.
ActionConfig cleaning_allowed() {
    ActionConfig config;
    const Status rules = parse_rulebook("rules/clean.yml", R"(
- name: disk care
  hosts: all
  rules:
    - name: clean
      condition: event.kind == "filesystem_space" and event.severity == "critical"
      action: {run_playbook: {name: clean.yml}}
      mode: auto
      verify: {metric: event.value, below: 0.6, within: 30s}
)",
                                        config.rules);
    if (!rules) FAIL(rules.error().text.view());
    auto allow = parse_allow_list("allow.yml", R"(
version: 1
watcher_uid: 65534
max_mode: auto
actions:
  - rule: clean
    playbook: clean.yml
    max_mode: auto
    targets: [/srv]
    paths: [/srv/log]
    requires: {filesystem_used_above: 0.8}
)");
    if (!allow) FAIL(allow.error().text.view());
    config.allow_list = *allow;
    config.has_allow_list = true;
    return config;
}

}  // namespace

TEST_CASE("agent: a healthy host has no incidents") {
    Rig rig;
    rig.run(1800);
    CHECK(rig.told.empty());
    AgentStatus status;
    rig.agent.describe(status);
    CHECK(status.ticks == 1800);
    CHECK(status.series > 50);
    CHECK(status.samples_dropped == 0);
    for (const CollectorLine& line : status.collectors) {
        CAPTURE(line.name.view());
        CAPTURE(line.reason.view());
        CHECK(line.state != CollectorState::Failing);
    }
}

TEST_CASE("agent: after start-up 1000 ticks allocate nothing in collect and detect") {
    Rig rig;
    rig.run(120);
    // The synthetic host itself allocates, so the host stands still while the agent runs.
    const AllocationGuard guard;
    for (int i = 0; i < 1000; ++i) {
        rig.agent.tick();
        rig.clock.advance(seconds(1));
    }
    CHECK(guard.count() == 0);
}

TEST_CASE("agent: a disk that fills is one incident: forecast, then full, with its writer") {
    Rig rig;
    rig.run(120);
    rig.synthetic.set_writer(40 * kMiB);
    rig.run(180);
    REQUIRE_FALSE(rig.told.empty());
    const Incident& first = rig.told.front();
    const Incident& last = rig.told.back();
    CHECK(first.kind == "filesystem_space");
    CHECK(first.subject.name == "/srv");
    CHECK(first.severity < Severity::Critical);
    CHECK(last.id == first.id);
    CHECK(last.severity == Severity::Critical);
    REQUIRE_FALSE(last.causes.empty());
    CHECK(last.causes[0].name == "process:logspam");
    CHECK(last.processes[0].unit == "logspam.service");
    AgentStatus status;
    rig.agent.describe(status);
    std::uint64_t anomalies = 0;
    for (const AnomalyCount& anomaly : status.anomalies) {
        if (anomaly.kind == "filesystem_space") anomalies = anomaly.count;
    }
    CHECK(anomalies >= 2);  // the forecast and the level: once each, although they last
    CHECK(anomalies < 20);
    CHECK(rig.agent.open_incidents().size() == 1);
    // What all processes did then, once, for the story of this host.
    const auto snapshot = rig.work.snapshots.try_pop();
    REQUIRE(snapshot);
    CHECK(snapshot->incident == first.id);
    CHECK(snapshot->text.view().find("logspam, logspam.service") != std::string_view::npos);
    CHECK_FALSE(rig.work.snapshots.try_pop());
}

TEST_CASE("agent: a rule in mode auto asks the actuator once, and the effect is verified") {
    Rig rig(test::rig_config(), cleaning_allowed());
    rig.run(120);
    rig.synthetic.set_writer(40 * kMiB);
    rig.run(170);
    REQUIRE(rig.jobs.size() == 1);
    CHECK(rig.jobs[0].decision.rule_name == "clean");
    CHECK(rig.agent.open_incidents()[0].state == IncidentState::Acting);

    rig.synthetic.set_writer(0);
    rig.synthetic.free_space(6000 * kMiB);
    ActionReport report;
    report.incident = rig.jobs[0].incident;
    report.ran = true;
    REQUIRE(rig.work.reports.push(report));
    rig.run(10);
    CHECK(rig.told.back().actions.back().state == "effective");
    rig.run(120);
    CHECK(rig.told.back().state == IncidentState::Resolved);
    CHECK(rig.jobs.size() == 1);
}

TEST_CASE("agent: an actuator that could not be reached is asked again within seconds") {
    Rig rig(test::rig_config(), cleaning_allowed());
    rig.run(120);
    rig.synthetic.set_writer(40 * kMiB);
    rig.run(170);
    REQUIRE(rig.jobs.size() == 1);
    ActionReport report;
    report.incident = rig.jobs[0].incident;
    report.rule = rig.jobs[0].decision.rule_name;
    report.reached = false;
    REQUIRE(rig.work.reports.push(report));
    rig.run(12);
    CHECK(rig.jobs.size() == 2);
}

TEST_CASE("agent (RULES C4): maintenance stops actions of what was open before, until it is over") {
    Rig rig(test::rig_config(), cleaning_allowed());
    rig.run(120);
    rig.synthetic.set_writer(40 * kMiB);
    for (int i = 0; i < 170 && rig.agent.open_incidents().empty(); ++i) rig.run(1);
    REQUIRE(rig.agent.open_incidents().size() == 1);
    REQUIRE(rig.jobs.empty());  // it is a forecast, not yet critical
    Preferences preferences;
    Silence maintenance;
    maintenance.until_unix_ns = (rig.clock.now() + minutes(30)).unix_ns;
    REQUIRE(preferences.silences.push(maintenance));
    rig.agent.set_preferences(preferences);
    for (int i = 0; i < 200 && rig.told.back().severity < Severity::Critical; ++i) rig.run(1);
    REQUIRE(rig.told.back().severity == Severity::Critical);
    rig.run(3);
    CHECK(rig.jobs.empty());
    rig.agent.set_preferences({});
    rig.run(2);
    CHECK(rig.jobs.size() == 1);
}

TEST_CASE("agent: without an allow-list nothing is asked, and the incident says so") {
    ActionConfig config = cleaning_allowed();
    config.allow_list = AllowList{};
    config.has_allow_list = false;
    Rig rig(test::rig_config(), std::move(config));
    rig.run(120);
    rig.synthetic.set_writer(40 * kMiB);
    rig.run(170);
    CHECK(rig.jobs.empty());
    const Incident& incident = rig.agent.open_incidents()[0];
    REQUIRE_FALSE(incident.actions.empty());
    CHECK(incident.actions.back().state == "refused");
    CHECK_FALSE(incident.actions.back().detail.empty());
    AgentStatus status;
    rig.agent.describe(status);
    CHECK(status.actions.blocked[static_cast<std::size_t>(Guard::NoAllowList)] > 0);
}

TEST_CASE("agent: a courier that is stuck delays records and loses no incident") {
    Rig rig;
    rig.run(120);
    while (rig.work.to_ship.push(Incident{})) {
    }
    rig.synthetic.set_writer(40 * kMiB);
    for (int i = 0; i < 60; ++i) {
        rig.synthetic.advance_to(rig.clock.now());
        rig.agent.tick();
        rig.clock.advance(seconds(1));
    }
    while (rig.work.to_ship.try_pop()) {
    }
    rig.run(2);
    REQUIRE_FALSE(rig.told.empty());
    CHECK(rig.told.front().kind == "filesystem_space");
    CHECK(rig.told.front().seq == 0);
}

TEST_CASE("agent: a proc file that cannot be read is unknown, counted and visible, no more") {
    Rig rig;
    rig.synthetic.root().fail("proc/meminfo", Errc::Denied);
    rig.run(60);
    AgentStatus status;
    rig.agent.describe(status);
    bool seen = false;
    for (const CollectorLine& line : status.collectors) {
        if (line.name != "meminfo") continue;
        seen = true;
        CHECK(line.state == CollectorState::Unknown);
        CHECK(line.errors > 0);
        CHECK(line.reason.view().find("proc/meminfo") != std::string_view::npos);
    }
    CHECK(seen);
    CHECK(rig.told.empty());
    CHECK(rig.agent.next_collector_news() != nullptr);
}

TEST_CASE("agent: an open incident is taken back after a restart and ends under its own id") {
    Rig before;
    before.run(120);
    before.synthetic.set_writer(40 * kMiB);
    before.run(60);
    REQUIRE(before.agent.open_incidents().size() == 1);
    const Incident open = before.agent.open_incidents()[0];

    Rig after;
    const std::vector<Incident> stored{open};
    after.agent.restore(stored);
    after.run(60);
    REQUIRE(after.told.size() == 1);
    CHECK(after.told[0].id == open.id);
    CHECK(after.told[0].state == IncidentState::Resolved);
    CHECK(after.told[0].seq == open.seq + 1);
}

TEST_CASE("agent: with a warm start the vital signs have a baseline after a minute") {
    constexpr std::int64_t kStep = 300;
    std::string values;
    for (std::int64_t i = 0; i < 14 * 24 * 12; ++i) {
        values += fmt::format("{}[{},\"{}\"]", i == 0 ? "" : ",", 1'790'000'000 + i * kStep,
                              0.5 + 0.01 * static_cast<double>(i % 17));
    }
    test::ScriptedFetcher server([&](const HttpRequest&) -> Result<HttpResponse> {
        HttpResponse response;
        response.status = 200;
        response.body =
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
            "{\"metric\":{},\"values\":[" +
            values + "]}]}}";
        return response;
    });
    test::Rig rig;
    WarmStartSettings settings;
    settings.url = "http://p:9090";
    settings.selector = "instance=\"h:9100\"";
    WarmStart warm(settings);
    test::ask_history(warm, server, rig.clock);
    rig.agent.learn_from(warm);
    rig.run(75);  // the first window of a minute has closed
    AgentStatus status;
    rig.agent.describe(status);
    CHECK(status.series_learned >= 8);  // as many of the signals as this host reports

    test::Rig cold;
    cold.run(75);
    cold.agent.describe(status);
    CHECK(status.series_learned == 0);
}

TEST_CASE("agent: while an incident is open its series learn nothing, and so under maintenance") {
    Rig rig;
    rig.run(120);
    AgentStatus status;
    rig.agent.describe(status);
    CHECK(status.series_held == 0);
    rig.synthetic.set_writer(40 * kMiB);
    rig.run(180);
    REQUIRE(rig.agent.open_incidents().size() == 1);
    rig.agent.describe(status);
    const std::uint64_t of_the_mount = status.series_held;
    CHECK(of_the_mount > 0);
    CHECK(of_the_mount < 20);

    Preferences preferences;
    Silence maintenance;
    maintenance.until_unix_ns = (rig.clock.now() + minutes(30)).unix_ns;
    REQUIRE(preferences.silences.push(maintenance));
    rig.agent.set_preferences(preferences);
    rig.run(70);
    rig.agent.describe(status);
    CHECK(status.series_held > of_the_mount);
    rig.agent.set_preferences({});
    rig.run(70);
    rig.agent.describe(status);
    CHECK(status.series_held <= of_the_mount);
}

TEST_CASE("agent: the status has each exporter's last scrape, and long names stay apart") {
    const std::string job(200, 'j');
    std::vector<std::unique_ptr<ExporterTarget>> targets;
    for (const std::string& name : {job + "/one", job + "/two"}) {
        ExporterSettings settings;
        settings.name = name;
        targets.push_back(std::make_unique<ExporterTarget>(settings));
    }
    test::Rig rig;
    Agent agent(test::rig_config(), rig.actions,
                {rig.synthetic.root(), rig.clock, rig.spawner, rig.fetcher}, rig.work, targets, {});
    AgentStatus status;
    agent.describe(status);
    CHECK(status.scrapes.empty());  // none was tried

    ExpositionParser parser;
    HttpResponse response;
    response.status = 200;
    response.content_type = "text/plain; version=0.0.4";
    response.body = "app_requests_total 5\n";
    (void)targets[0]->note(response, rig.clock.now(), milliseconds(30), parser);
    (void)targets[1]->note(make_error(Errc::Io, "refused"), rig.clock.now(), {}, parser);
    agent.describe(status);
    REQUIRE(status.scrapes.size() == 2);
    CHECK(status.scrapes[0].up);
    CHECK(status.scrapes[0].samples == 1);
    CHECK(status.scrapes[0].took == milliseconds(30));
    CHECK_FALSE(status.scrapes[1].up);
    CHECK_FALSE(status.scrapes[0].target == status.scrapes[1].target);
    const std::size_t collectors = status.collectors.size();
    CHECK_FALSE(status.collectors[collectors - 1].name == status.collectors[collectors - 2].name);
}
