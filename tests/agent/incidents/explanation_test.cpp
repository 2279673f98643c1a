#include "agent/incidents/explanation.hpp"

#include <doctest/doctest.h>

#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;

TEST_CASE("explanation: findings with limits, causes for and against, and what feedback changed") {
    Incident incident = test::sample_incident(1, 1);
    REQUIRE(incident.considered.push({.text = "writer (pid 7) writes 1 MiB/s",
                                      .name = "process:writer",
                                      .confidence = 0.31,
                                      .pro = "40 % of what is written there",
                                      .contra = "had been running for 9 d before"}));
    REQUIRE(incident.notes.push({incident.onset, NoteKind::Change, "package nginx 1 -> 2"}));
    incident.findings_dropped = 12;
    Preferences preferences;
    FeedbackEffect effect;
    effect.condition = incident.findings[0].condition;
    effect.subject = incident.findings[0].subject.name;
    effect.noise = 2;
    effect.noise_steps = 2;
    REQUIRE(preferences.feedback.push(effect));
    const std::string text = explain_incident(incident, preferences);
    CAPTURE(text);
    for (const std::string_view part :
         {"writer (pid 7)", "(not sure enough to be named)", "for: 40 %", "against: had been",
          "change: package nginx 1 -> 2", "and 12 more that found no room",
          "0 useful, 2 noise, 0 wrong cause; it must hold 2m longer"}) {
        CAPTURE(part);
        CHECK(text.find(part) != std::string::npos);
    }
    CHECK(text.find(incident.findings[0].condition) != std::string::npos);
}

TEST_CASE("explanation: an incident that knows nothing says so") {
    const std::string text = explain_incident(Incident{}, Preferences{});
    CHECK(text.find("none: nothing that is known") != std::string::npos);
    CHECK(text.find("Feedback") == std::string::npos);
}
