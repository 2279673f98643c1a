#include "actions/joins.hpp"

#include <doctest/doctest.h>

#include <string>

#include "actions/decider.hpp"
#include "actions/rulebook.hpp"
#include "core/allocation_guard.hpp"
#include "tests/support/manual_clock.hpp"

namespace homeostat {
namespace {

Incident incident_of(std::string_view kind, std::uint8_t number) {
    Incident incident;
    incident.id.bytes[0] = number;
    incident.kind = kind;
    incident.severity = Severity::Error;
    incident.subject = {.kind = SubjectKind::Unit, .name = "app.service"};
    return incident;
}

// One rule over full disks, failed services and reboots.
struct World {
    explicit World(const std::string& condition) {
        const std::string text =
            "- rules:\n    - name: r\n      action: {run_playbook: {name: p.yml}}\n"
            "      condition: {" +
            condition + "}\n";
        const auto parsed = parse_rulebook("r.yml", text, config.rules);
        REQUIRE_MESSAGE(parsed.has_value(), std::string(parsed ? "" : parsed.error().text.c_str()));
        joins.emplace(config.rules);
    }

    // A second passes, in which these are open. Which of them something is done about, by number.
    std::string second(std::initializer_list<const Incident*> open) {
        clock.advance(seconds(1));
        std::string told;
        for (const Incident* incident : open) joins->see(*incident, clock.now());
        for (const Incident* incident : open) {
            if (joins->holds(0, *incident, clock.now())) told += char('0' + incident->id.bytes[0]);
        }
        return told;
    }
    std::string seconds_of(int count, std::initializer_list<const Incident*> open) {
        std::string told;
        for (int i = 0; i < count; ++i) told = second(open);
        return told;
    }

    ActionConfig config;
    test::ManualClock clock;
    std::optional<Joins> joins;
};

const std::string kThree = "event.kind == 'disk', event.kind == 'service', event.kind == 'reboot'";
const Incident kDisk = incident_of("disk", 1);
const Incident kService = incident_of("service", 2);
const Incident kReboot = incident_of("reboot", 3);

TEST_CASE(
    "joins: `all` over two kinds of incident fires when both are there, about the first part's") {
    World world("all: [event.kind == 'disk', event.kind == 'service']");
    CHECK(world.second({&kService}).empty());
    CHECK(world.second({&kService, &kReboot}).empty());
    CHECK(world.second({&kService, &kDisk}) == "1");
    CHECK(world.second({&kDisk}) == "1");           // the other was open a moment ago
    CHECK(world.seconds_of(12, {&kDisk}).empty());  // and is not any more
    CHECK(world.second({&kService}).empty());       // the disk's was open a moment ago
    CHECK(world.seconds_of(12, {&kService}).empty());
}

TEST_CASE("joins: with a timeout the parts may be so far apart, in any order, and no farther") {
    World world("timeout: 1 minute, all: [event.kind == 'disk', event.kind == 'service']");
    CHECK(world.second({&kDisk}).empty());
    CHECK(world.seconds_of(59, {}).empty());
    CHECK(world.second({&kService}) == "2");
    CHECK(world.seconds_of(70, {}).empty());
    CHECK(world.second({&kDisk}).empty());
}

TEST_CASE("joins: one that holds every part speaks for itself, each of them") {
    World world("all: [event.kind == 'disk', event.severity >= 'error']");
    const Incident other = incident_of("disk", 4);
    CHECK(world.second({&kDisk, &other}) == "14");
    Incident mild = incident_of("disk", 5);
    mild.severity = Severity::Info;
    World of_two("all: [event.kind == 'disk', event.severity >= 'error']");
    CHECK(of_two.second({&mild}).empty());
    CHECK(of_two.second({&mild, &kService}) == "5");  // the severity is another's
}

TEST_CASE("joins: `not_all` fires when the time is over and a part has not come") {
    World world("timeout: 1 minute, not_all: [" + kThree + "]");
    CHECK(world.seconds_of(60, {&kDisk, &kService}).empty());
    CHECK(world.second({&kDisk, &kService}) == "1");  // the one that came first
    CHECK(world.second({&kDisk, &kService}) == "1");  // a level: the decider makes the edge
    CHECK(world.second({&kDisk, &kService, &kReboot}).empty());  // it came at last
    CHECK(world.seconds_of(100, {&kDisk, &kService}).empty());
}

TEST_CASE("joins: `not_all` is quiet when all have come in time, until something new begins") {
    World world("timeout: 1 minute, not_all: [" + kThree + "]");
    CHECK(world.seconds_of(20, {&kDisk}).empty());
    CHECK(world.seconds_of(20, {&kService}).empty());
    CHECK(world.second({&kReboot}).empty());
    CHECK(world.seconds_of(200, {&kReboot}).empty());  // what is left of the first time
    const Incident again = incident_of("disk", 6);
    CHECK(world.seconds_of(60, {&again}).empty());
    CHECK(world.second({&again}) == "6");
}

TEST_CASE("joins: what is over, and rules of one incident, need no memory") {
    World world("all: [event.kind == 'disk', event.kind == 'service']");
    Incident over = kDisk;
    over.state = IncidentState::Resolved;
    world.joins->see(over, world.clock.now());
    CHECK(world.second({&kService}).empty());
    World any("any: [event.kind == 'disk', event.kind == 'service']");
    CHECK(any.second({&kReboot, &kService, &kDisk}) == "21");
    const AllocationGuard guard;
    for (int i = 0; i < 100; ++i) (void)world.second({&kDisk, &kService});
    CHECK(guard.count() == 0);
}

TEST_CASE("joins: the decider decides once, and hears of incidents that are being repaired") {
    World world("all: [event.kind == 'disk', event.kind == 'service']");
    Decider decider(world.config);
    CHECK_FALSE(decider.decide(kDisk, world.clock.now()));
    decider.see(kService, world.clock.now());  // its own action runs: nobody asks about it
    const auto decision = decider.decide(kDisk, world.clock.now());
    REQUIRE(decision);
    CHECK(decision->rule_name == "r");
    world.clock.advance(seconds(1));
    CHECK_FALSE(decider.decide(kService, world.clock.now()));
    CHECK_FALSE(decider.decide(kDisk, world.clock.now()));
}

}  // namespace
}  // namespace homeostat
