#include "actions/condition.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"

namespace homeostat {
namespace {

Incident full_mount() {
    Incident incident;
    incident.kind = "filesystem_space";
    incident.severity = Severity::Error;
    incident.subject = {.kind = SubjectKind::Mount, .name = "/srv/volume"};
    Finding finding;
    finding.condition = "filesystem_full";
    finding.value = 0.97;
    finding.limit = 0.95;
    REQUIRE(incident.findings.push(finding));
    return incident;
}

bool holds(std::string_view text, const Incident& incident) {
    const auto condition = RuleCondition::parse(text);
    REQUIRE_MESSAGE(condition.has_value(), std::string(text));
    return condition->holds(incident);
}

TEST_CASE("condition: comparisons, lists, patterns and logic mean what they say") {
    const Incident incident = full_mount();
    struct Row {
        std::string_view text;
        bool holds;
    };
    for (const Row& row : {
             Row{"event.kind == 'filesystem_space'", true},
             Row{"event.kind == \"filesystem_space\" and event.severity == \"error\"", true},
             Row{"event.kind != 'filesystem_space'", false},
             Row{"'filesystem_space' == event.kind", true},
             Row{"event.value > 0.9", true},
             Row{"event.value >= event.limit", true},
             Row{"event.value < 9e-1", false},
             Row{"event.value > -1", true},
             Row{"event.value == 0.97", true},
             Row{"event.severity >= 'warning'", true},
             Row{"event.severity > 'error'", false},
             Row{"'critical' > event.severity", true},
             Row{"event.subject in ['/srv', '/srv/volume']", true},
             Row{"event.subject not in ['/srv', '/srv/volume']", false},
             Row{"event.value in [0.97]", true},
             Row{"event.cause is defined", false},
             Row{"event.cause is not defined", true},
             Row{"event.subject is match('/srv')", true},
             Row{"event.subject is match('volume')", false},
             Row{"event.subject is search('volume$')", true},
             Row{"event.subject is regex('VOLUME', ignorecase=true)", true},
             Row{"event.subject is search('VOLUME', ignorecase=false)", false},
             Row{"event.subject is not search('home')", true},
             Row{"not event.kind == 'x'", true},
             Row{"not (event.kind == 'x' or event.value > 0.5)", false},
             Row{"(event.kind == 'x' and event.value > 0.5) or event.limit < 1", true},
             Row{"event.kind == 'a' or event.kind == 'b' or event.kind == 'filesystem_space'",
                 true},
             Row{"event.kind\n  ==\n  'filesystem_space'", true},
         }) {
        CAPTURE(row.text);
        CHECK(holds(row.text, incident) == row.holds);
    }
}

TEST_CASE("condition: a field the incident lacks makes nothing true, not even its negation") {
    const Incident bare;  // no findings, no causes
    for (const char* text :
         {"event.value > 0.5", "event.value <= 0.5", "not event.value > 0.5",
          "event.cause != 'process:rsyslogd'", "not event.cause == 'process:rsyslogd'",
          "event.cause not in ['process:x']", "event.cause is not search('x')",
          "event.value == event.limit"}) {
        CAPTURE(text);
        CHECK_FALSE(holds(text, bare));
    }
    // What is known decides where it can.
    CHECK(holds("event.severity == 'info' or event.value > 0.5", bare));
    CHECK_FALSE(holds("event.severity == 'error' and event.value > 0.5", bare));
}

TEST_CASE("condition: all_of and any_of join, and the empty list holds for nothing") {
    const Incident incident = full_mount();
    const auto two = [](const char* a, const char* b) {
        std::vector<RuleCondition> parts;
        for (const char* text : {a, b}) {
            auto part = RuleCondition::parse(text);
            REQUIRE(part);
            parts.push_back(std::move(*part));
        }
        return parts;
    };
    CHECK(RuleCondition::all_of(two("event.value > 0.5", "event.limit > 0.5")).holds(incident));
    CHECK_FALSE(RuleCondition::all_of(two("event.value > 0.5", "event.limit > 1")).holds(incident));
    CHECK(RuleCondition::any_of(two("event.value > 2", "event.limit > 0.5")).holds(incident));
    CHECK_FALSE(RuleCondition::any_of(two("event.value > 2", "event.limit > 1")).holds(incident));
    CHECK_FALSE(RuleCondition::all_of({}).holds(incident));
    CHECK_FALSE(RuleCondition::any_of({}).holds(incident));
    CHECK_FALSE(RuleCondition().holds(incident));
}

TEST_CASE("condition: judging an incident allocates nothing") {
    const Incident incident = full_mount();
    const auto condition = RuleCondition::parse(
        "event.kind == 'filesystem_space' and event.severity >= 'warning' and "
        "(event.value > 0.9 or event.subject in ['/a', '/b'])");
    REQUIRE(condition);
    const AllocationGuard guard;
    bool all = true;
    for (int i = 0; i < 100; ++i) all = all && condition->holds(incident);
    CHECK(all);
    CHECK(guard.count() == 0);
}

}  // namespace
}  // namespace homeostat
