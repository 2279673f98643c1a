#include "agent/fleet/fleet_health.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

OpampComponent part(const FleetHealth& health, const std::string& name) {
    for (const OpampComponent& component : health.components()) {
        if (component.name == name) return component;
    }
    return {"none", false, "none", ""};
}

CollectorLine line_of(std::string_view name, CollectorState state, std::string_view why = "") {
    CollectorLine line;
    line.name = name;
    line.state = state;
    line.reason = why;
    return line;
}

}  // namespace

TEST_CASE("fleet_health: nothing is said before the watch has spoken") {
    FleetHealth health;
    health.observe(CourierSnapshot{});
    CHECK(health.components().empty());
}

TEST_CASE("opamp requirement 13: the map has each part, and what is wrong with it") {
    FleetHealth health;
    AgentStatus status;
    REQUIRE(status.collectors.push(line_of("cpu", CollectorState::Ok)));
    REQUIRE(status.collectors.push(line_of("node", CollectorState::Failing, "refused")));
    status.series_learned = 3;
    health.observe(status);
    CourierSnapshot courier;
    DestinationStatus otlp;
    otlp.name = "otlp";
    otlp.state = DestinationState::Ok;
    DestinationStatus hook;
    hook.name = "hook";
    hook.state = DestinationState::Waiting;
    hook.last_error = "503";
    courier.destinations = {otlp, hook};
    health.observe(courier);
    CHECK(health.components()[0] == OpampComponent{"", true, "watching", ""});
    CHECK(part(health, "collect") == OpampComponent{"collect", true, "ok", ""});
    CHECK(part(health, "detect") == OpampComponent{"detect", true, "learned", ""});
    CHECK(part(health, "act") == OpampComponent{"act", true, "ok", ""});
    CHECK(part(health, "config") == OpampComponent{"config", true, "ok", ""});
    CHECK(part(health, "scrape.node") ==
          OpampComponent{"scrape.node", false, "failing", "refused"});
    CHECK(part(health, "export.otlp").healthy);
    CHECK(part(health, "export.hook").last_error == "503");

    status.collectors.clear();
    REQUIRE(status.collectors.push(line_of("cpu", CollectorState::Failing, "what")));
    status.actions.all.unreached = 1;
    health.observe(status);
    health.set_stale("ended yesterday");
    CHECK(health.components()[0] ==
          OpampComponent{"", false, "degraded",
                         "collect: cpu; act: the actuator does not answer; config: the fleet's "
                         "bundle ended yesterday"});
}

TEST_CASE("opamp requirement 13: what does not answer is not healthy, and told once") {
    FleetHealth health;
    const auto observe = [&](CollectorState cpu, CollectorState node, std::string_view why) {
        AgentStatus status;
        REQUIRE(status.collectors.push(line_of("cpu", cpu, "no such file")));
        REQUIRE(status.collectors.push(line_of("node", node, why)));
        health.observe(status);
    };
    using enum CollectorState;
    observe(Waiting, Waiting, "");
    CHECK(part(health, "scrape.node").healthy);  // nothing is known to fail
    observe(Ok, Unknown, "Failed to connect to ::1 port 9100 after 12 ms");
    CHECK(part(health, "scrape.node") ==
          OpampComponent{"scrape.node", false, "failing",
                         "Failed to connect to ::1 port 9100 after 12 ms"});
    CHECK(health.components()[0].healthy);  // another program's illness
    const auto before = health.components();
    observe(Ok, Unknown, "Failed to connect to ::1 port 9100 after 7 ms");
    CHECK(health.components() == before);
    observe(Ok, Unknown, "expected HTTP status 200, got 503");
    CHECK(part(health, "scrape.node").last_error == "expected HTTP status 200, got 503");
    observe(Unknown, Ok, "");
    CHECK(part(health, "scrape.node").healthy);
    CHECK(part(health, "collect") == OpampComponent{"collect", false, "failing", "cpu"});
    observe(Off, Off, "");  // this host lacks it
    CHECK(health.components()[0].healthy);
}

TEST_CASE(
    "fleet_health: an actuator that answers again is well, and counters alone change nothing") {
    FleetHealth health;
    AgentStatus status;
    status.actions.all.unreached = 2;
    health.observe(status);
    CHECK_FALSE(part(health, "act").healthy);
    status.ticks = 100;
    health.observe(status);
    CHECK_FALSE(part(health, "act").healthy);
    status.actions.all.denied = 1;
    health.observe(status);
    CHECK(part(health, "act").healthy);
    const auto before = health.components();
    status.actions.all.denied = 2;
    status.ticks = 200;
    status.findings = 7;
    health.observe(status);
    CHECK(health.components() == before);
    status.reload_refused = true;
    health.observe(status);
    CHECK(part(health, "config").status == "refused");
}
