// A day of the whole agent in a few seconds: synthetic host, simulated clock, disk and upstream.
//
// 86,400 ticks with daily load. At 14:00 a process begins to fill /srv; from 13:50 to 15:00 the
// server is down. The remedy is simulated too: it frees the space some seconds after it is asked.
// The same seed gives the same decisions and the same bytes upstream; set HOMEOSTAT_SEED to try
// another one.

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "agent/actor.hpp"
#include "agent/courier.hpp"
#include "agent/incidents/incident_json.hpp"
#include "tests/agent/rig.hpp"
#include "tests/agent/uplink/memory_spool_files.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

constexpr double kMiB = 1024.0 * 1024;
constexpr int kDay = 86'400;
constexpr int kFaultAt = 14 * 3600;
constexpr int kServerDownAt = kFaultAt - 600;
constexpr int kServerUpAt = kFaultAt + 3600;
constexpr int kRepairTakes = 7;

ActionConfig allowed() {
    ActionConfig config;
    const Status rules = parse_rulebook("rules/clean.yml", R"(
- name: disk care
  hosts: all
  rules:
    - name: clean
      condition: event.kind == "filesystem_space" and event.severity == "critical"
      action: {run_playbook: {name: clean.yml}}
      mode: auto
      verify: {metric: event.value, below: 0.6, within: 60s}
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

Config day_config() {
    Config config = test::rig_config();
    config.actions.grace_after_start = minutes(5);
    config.ship.first_send_spread = Duration{};
    config.ship.identity.version = "1";
    config.ship.identity.host_name = "synthetic";
    config.ship.otlp.push_back(OtlpSettings{});
    return config;
}

struct Day {
    std::string story;                       // every record, in the order told
    std::map<std::string, Incident> newest;  // by id
    std::size_t actions = 0;
    std::uint64_t sent = 0;
    std::uint64_t queued_at_end = 0;
    std::uint64_t queued_while_down = 0;
    std::string upstream;  // all bodies that the server took
};

class Simulation {
public:
    explicit Simulation(std::uint64_t seed)
        : rig_(with_seed(seed), allowed(), seed),
          store_(state_.path()),
          spool_(SpoolSettings{}, files_, seed),
          fetcher_([this](const HttpRequest& request) { return serve(request); }),
          shipper_(day_config().ship, spool_, fetcher_, seed, rig_.clock.now()),
          courier_(rig_.work, store_, shipper_) {}

    Day run() {
        for (second_ = 0; second_ < kDay; ++second_) step();
        day_.sent = shipper_.status()[0].sent;
        day_.queued_at_end = shipper_.status()[0].queued;
        std::size_t damaged = 0;
        for (const Incident& incident : store_.load(damaged)) {
            day_.newest.emplace(std::string(incident.id.text()), incident);
        }
        return day_;
    }

private:
    static Config with_seed(std::uint64_t seed) {
        Config config = day_config();
        config.incidents.seed = seed;
        return config;
    }

    void step() {
        if (second_ == kFaultAt) rig_.synthetic.set_writer(12 * kMiB);
        rig_.synthetic.advance_to(rig_.clock.now());
        rig_.agent.tick();
        repair();
        relay();
        rig_.clock.advance(seconds(1));
        if (second_ == kServerUpAt - 1) day_.queued_while_down = shipper_.status()[0].queued;
    }

    // The actuator of this world: it needs a few seconds and does what the playbook would.
    void repair() {
        if (const auto job = rig_.work.to_act.try_pop()) {
            job_ = *job;
            repaired_at_ = second_ + kRepairTakes;
            ++day_.actions;
        }
        if (second_ != repaired_at_) return;
        rig_.synthetic.set_writer(0);
        rig_.synthetic.free_space(5000 * kMiB);
        ActionReport report;
        report.incident = job_.incident;
        report.rule = job_.decision.rule_name;
        report.ran = true;
        report.changed = 1;
        CHECK(rig_.work.reports.push(report));
    }

    // Between the watch and the courier: notes what passes, as the stages see it.
    void relay() {
        std::vector<Incident> passing;
        while (const auto incident = rig_.work.to_ship.try_pop()) passing.push_back(*incident);
        for (const Incident& incident : passing) {
            day_.story += to_json_line(incident) + "\n";
            CHECK(rig_.work.to_ship.push(incident));
        }
        courier_.step(rig_.clock.now(), Duration{});
        shipper_.step(rig_.clock.now());
    }

    Result<HttpResponse> serve(const HttpRequest& request) {
        if (second_ >= kServerDownAt && second_ < kServerUpAt) {
            return make_error(Errc::Io, "connection refused");
        }
        day_.upstream += request.body;
        HttpResponse response;
        response.status = 200;
        return response;
    }

    test::TemporaryDirectory state_;
    test::Rig rig_;
    IncidentStore store_;
    test::MemorySpoolFiles files_;
    Spool spool_;
    test::ScriptedFetcher fetcher_;
    Shipper shipper_;
    Courier courier_;
    Day day_;
    ActionJob job_;
    int second_ = 0;
    int repaired_at_ = -1;
};

std::uint64_t seed_of_this_run() {
    const char* text = std::getenv("HOMEOSTAT_SEED");
    const std::uint64_t seed = text == nullptr ? 20261120 : std::strtoull(text, nullptr, 10);
    MESSAGE("HOMEOSTAT_SEED=" << seed);
    return seed;
}

}  // namespace

TEST_CASE("simulation: one day, one fault, one incident: found, healed, told after the outage") {
    const std::uint64_t seed = seed_of_this_run();
    const Day day = Simulation(seed).run();
    CAPTURE(day.story);
    REQUIRE(day.newest.size() == 1);
    const Incident& incident = day.newest.begin()->second;
    CHECK(incident.kind == "filesystem_space");
    CHECK(incident.subject.name == "/srv");
    CHECK(incident.state == IncidentState::Resolved);
    CHECK(incident.peak_severity == Severity::Critical);
    REQUIRE_FALSE(incident.causes.empty());
    CHECK(incident.causes[0].name == "process:logspam");
    REQUIRE_FALSE(incident.actions.empty());
    CHECK(incident.actions.back().state == "effective");
    CHECK(day.actions == 1);
    CHECK(day.queued_while_down > 0);
    CHECK(day.queued_at_end == 0);
    CHECK(day.sent == incident.seq + 1);

    const Day again = Simulation(seed).run();
    CHECK(again.story == day.story);
    CHECK(again.upstream == day.upstream);

    const Day other = Simulation(seed + 1).run();
    CHECK(other.story != day.story);
    CHECK(other.newest.size() == 1);
}
