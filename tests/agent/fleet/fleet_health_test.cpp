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
