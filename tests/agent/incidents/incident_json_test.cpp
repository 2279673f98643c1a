#include "agent/incidents/incident_json.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace homeostat;

TEST_CASE(
    "incident_json: one line that a JSON parser reads back, also with bytes that are no text") {
    Incident incident;
    incident.id = make_incident_id(1'795'176'000'000'000'000, {1, 2});
    incident.kind = "filesystem_space";
    incident.subject = {SubjectKind::Mount, "/srv/\xFF\x01\"x"};
    incident.severity = Severity::Critical;
    Finding forecast;
    forecast.kind = FindingKind::Forecast;
    forecast.seconds_to_limit = 45;
    REQUIRE(incident.findings.push(forecast));
    REQUIRE(incident.causes.push({.text = "t", .name = "process:x", .confidence = 0.5}));
    REQUIRE(incident.actions.push(ActionRecord{}));
    REQUIRE(incident.snippet.values.push(1.5F));
    const std::string line = to_json_line(incident);
    CHECK(line.find('\n') == std::string::npos);
    const auto json = nlohmann::json::parse(line, nullptr, false);
    REQUIRE_FALSE(json.is_discarded());
    CHECK(json["schema"] == kIncidentSchema);
    CHECK(json["id"] == std::string(incident.id.text()));
    CHECK(json["state"] == "open");
    CHECK(json["severity"] == "critical");
    CHECK(json["subject"]["kind"] == "mount");
    CHECK(json["findings"][0]["seconds_to_limit"] == 45);
    CHECK(json["causes"][0]["name"] == "process:x");
    CHECK_FALSE(json.contains("ended"));
    incident.state = IncidentState::Resolved;
    CHECK(nlohmann::json::parse(to_json_text(incident)).contains("ended"));
}
