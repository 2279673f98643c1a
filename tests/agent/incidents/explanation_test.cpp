#include "agent/incidents/explanation.hpp"

#include <doctest/doctest.h>

#include <algorithm>

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

// Who can name a mount, a process or a file must not be able to write lines of its own.
TEST_CASE("explanation: names with line feeds and escape sequences forge no line") {
    constexpr std::string_view kForged = "x\nAll is well\x1b[2K\xe2\x80\xa8y";
    Incident plain = test::sample_incident(1, 1);
    Incident incident = plain;
    const auto add = [](Incident& to, std::string_view text) {
        to.summary.assign(text);
        to.kind.assign(text);
        for (Finding& finding : to.findings) {
            finding.subject.name.assign(text);
            finding.condition.assign(text);
            finding.metric.assign(text);
            finding.incident.assign(text);
        }
        Cause cause;
        cause.name.assign(text);
        cause.text.assign(text);
        cause.pro.assign(text);
        cause.contra.assign(text);
        REQUIRE(to.considered.push(cause));
        IncidentNote note{.at = to.onset, .kind = NoteKind::Change, .text = {}};
        note.text.assign(text);
        REQUIRE(to.notes.push(note));
        ActionRecord action;
        action.rule.assign(text);
        action.detail.assign(text);
        REQUIRE(to.actions.push(action));
    };
    add(plain, "x All is well [2K y");
    add(incident, kForged);
    const std::string text = explain_incident(incident, Preferences{});
    const std::string expected = explain_incident(plain, Preferences{});
    CAPTURE(text);
    CHECK(text.find("x?All is well?[2K???y") != std::string::npos);
    CHECK(text.find("\nAll is well") == std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') ==
          std::count(expected.begin(), expected.end(), '\n'));
}

TEST_CASE("explanation: an incident that knows nothing says so") {
    const std::string text = explain_incident(Incident{}, Preferences{});
    CHECK(text.find("none: nothing that is known") != std::string::npos);
    CHECK(text.find("Feedback") == std::string::npos);
}
