#include "agent/incidents/rule_report.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

constexpr std::int64_t kStart = 1'795'000'000LL * 1'000'000'000;

Instant at(Duration after) {
    return {.monotonic_ns = after.ns, .unix_ns = kStart + after.ns};
}

Incident lasting(Duration length) {
    Incident incident;
    incident.state = IncidentState::Resolved;
    incident.opened = at(Duration{});
    incident.ended = at(length);
    incident.updated = at(length);
    return incident;
}

void act(Incident& incident, std::string_view rule, std::string_view state) {
    ActionRecord action;
    action.rule = rule;
    action.state = state;
    action.at = at(seconds(1));
    REQUIRE(incident.actions.push(action));
}

std::vector<RuleFigures> figures(std::initializer_list<Incident> incidents) {
    return rule_figures({incidents.begin(), incidents.size()}, kStart);
}

}  // namespace

TEST_CASE("rule report: what was over by itself would not have needed the action") {
    Incident brief = lasting(minutes(1));
    Incident longer = lasting(minutes(30));
    Incident longest = lasting(minutes(40));
    Incident open = lasting(minutes(90));
    open.state = IncidentState::Open;
    for (Incident* incident : {&brief, &longer, &longest, &open})
        act(*incident, "clean", "planned");
    const auto rules = figures({brief, longer, longest, open});
    REQUIRE(rules.size() == 1);
    CHECK(rules[0].watched == 4);
    CHECK(rules[0].by_itself == 1);
    CHECK(rules[0].lasted == 3);
    CHECK(rules[0].lasted_seconds == doctest::Approx(minutes(40).seconds() - 1));
    CHECK(rules[0].ran == 0);
}

TEST_CASE(
    "rule report: a rule's retries in one incident are one case, its real runs are each one") {
    Incident incident = lasting(minutes(10));
    act(incident, "clean", "planned");
    act(incident, "clean", "planned");
    act(incident, "restart", "ineffective");
    act(incident, "restart", "effective");
    const auto rules = figures({incident});
    REQUIRE(rules.size() == 2);
    CHECK(rules[0].rule == "clean");
    CHECK(rules[0].watched == 1);
    CHECK(rules[1].ran == 2);
    CHECK(rules[1].effective == 1);
    CHECK(rules[1].in_vain == 1);
}

TEST_CASE("rule report: refusals, waiting and harm each have their place, older ones none") {
    Incident refused = lasting(minutes(5));
    act(refused, "a", "refused");
    Incident waiting = lasting(minutes(5));
    act(waiting, "a", "waiting");
    Incident worse = lasting(minutes(5));
    act(worse, "a", "worse");
    Incident old = lasting(minutes(5));
    old.opened.unix_ns = kStart - 1;
    act(old, "a", "worse");
    const auto rules = figures({refused, waiting, worse, old});
    REQUIRE(rules.size() == 1);
    CHECK(rules[0].refused == 1);
    CHECK(rules[0].watched == 1);
    CHECK(rules[0].worse == 1);
    CHECK(rules[0].ran == 1);
}

TEST_CASE("rule report: the text says it in plain words, and nothing of rules that did nothing") {
    CHECK(rule_report_text({}).empty());
    Incident incident = lasting(minutes(30));
    act(incident, "clean", "planned");
    const std::string text = rule_report_text(figures({incident}));
    CHECK(text.find("would have acted 1 times: 0 were over by themselves within 2 min") !=
          std::string::npos);
    CHECK(text.find("acted 1 times: 1") == std::string::npos);
    CHECK(text.find("refused") == std::string::npos);
}
