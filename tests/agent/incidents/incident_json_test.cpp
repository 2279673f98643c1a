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

TEST_CASE("incident_json: control characters beyond ASCII are escaped, not lost") {
    Incident incident;
    incident.summary = "\x7f \xC2\x9B \xE2\x80\xAE";
    for (const std::string& text : {to_json_line(incident), to_json_text(incident)}) {
        CHECK(text.find(R"(\u007f \u009b \u202e)") != std::string::npos);
        CHECK(text.find('\x7f') == std::string::npos);
        CHECK(nlohmann::json::parse(text)["summary"] == "\x7f \xC2\x9B \xE2\x80\xAE");
    }
}
