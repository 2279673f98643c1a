#include "agent/incidents/story.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace homeostat;

TEST_CASE("story: at most twelve lines, with what, why, what was done and what to do next") {
    Incident incident;
    incident.kind = "filesystem_space";
    incident.subject = {SubjectKind::Mount, "/srv"};
    incident.summary = "/srv is 95 % full";
    incident.peak_severity = Severity::Critical;
    Finding finding;
    finding.metric = "filesystem_used_ratio";
    REQUIRE(incident.findings.push(finding));
    for (int i = 0; i < 4; ++i) {
        ActionRecord action;
        action.rule = "clean";
        action.playbook = "clean.yml";
        action.mode = "auto";
        action.state = "effective";
        action.before = 0.95;
        action.after = 0.2;
        REQUIRE(incident.actions.push(action));
    }
    for (int i = 0; i < 32; ++i) {
        REQUIRE(incident.snippet.values.push(static_cast<float>(i) / 32));
    }
    incident.snippet.metric = "filesystem_used_ratio";
    incident.state = IncidentState::Resolved;
    const std::string story = tell_story(incident, 60'000'000'000);
    CAPTURE(story);
    CHECK(std::count(story.begin(), story.end(), '\n') <= 12);
    for (const std::string_view part : {"critical filesystem_space on /srv [resolved]",
                                        "cause unknown", "95 % -> 20 %", "nothing: it is over"}) {
        CAPTURE(part);
        CHECK(story.find(part) != std::string::npos);
    }
    incident.state = IncidentState::GivenUp;
    CHECK(tell_story(incident, 0).find("a person is needed") != std::string::npos);
}

TEST_CASE("story: a sparkline goes from the lowest to the highest block") {
    Snippet snippet;
    CHECK(sparkline(snippet).empty());
    REQUIRE(snippet.values.push(1));
    REQUIRE(snippet.values.push(2));
    REQUIRE(snippet.values.push(3));
    CHECK(sparkline(snippet) == "▁▅█");
}

TEST_CASE("story: a row has the short id that show accepts") {
    Incident incident;
    incident.id = make_incident_id(1'795'176'000'000'000'000, {1, 2});
    incident.summary = "words";
    const std::string row = story_row(incident, incident.onset.unix_ns);
    CHECK(row.substr(0, 18) == incident.id.text().view().substr(0, 18));
    CHECK(row.find("words") != std::string::npos);
}

TEST_CASE("story: names chosen by anybody forge no line and no colour") {
    Incident incident;
    incident.kind = "unit\x1b[2J";
    incident.subject = {SubjectKind::Mount, "/srv\nnext      nothing: it is over"};
    incident.summary =
        "\xC2\x9B"
        "31mred \xE2\x80\xAE";
    ProcessUse process;
    process.name = "evil\r\x1b]0;x\x07";
    REQUIRE(incident.processes.push(process));
    for (const std::string& text : {tell_story(incident, 0), story_row(incident, 0)}) {
        CAPTURE(text);
        CHECK(text.find('\x1b') == std::string::npos);
        CHECK(text.find('\r') == std::string::npos);
        CHECK(text.find("\xC2\x9B") == std::string::npos);
        CHECK(text.find("\xE2\x80\xAE") == std::string::npos);
        CHECK(text.find("\nnext") == std::string::npos);
    }
}
