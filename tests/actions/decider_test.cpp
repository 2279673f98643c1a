#include "actions/decider.hpp"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kAllow = R"(version: 1
watcher_uid: 1
max_mode: auto
actions:
  - rule: clean
    playbook: clean.yml
    max_mode: auto
    targets: [/srv/a, /srv/b]
    requires: {filesystem_used_above: 0.8}
    limits: {cooldown: 10m}
  - rule: tell
    playbook: tell.yml
    max_mode: recommend
    targets: [/srv/a]
    requires: nothing
)";

std::string rule_text(std::string_view name, std::string_view mode, std::string_view extra = "") {
    return fmt::format(
        "    - name: {}\n      condition: event.kind == '{}'\n      mode: {}\n"
        "      action: {{run_playbook: {{name: {}.yml}}}}\n{}",
        name, name, mode, name, extra);
}

ActionConfig make_config(const std::string& rules, std::string_view allow = kAllow) {
    ActionConfig config;
    const auto parsed = parse_rulebook("r.yml", "- rules:\n" + rules, config.rules);
    REQUIRE_MESSAGE(parsed.has_value(), std::string(parsed ? "" : parsed.error().text.c_str()));
    REQUIRE(resolve_ladders(config.rules));
    auto list = parse_allow_list("allow.yml", allow);
    REQUIRE(list);
    config.allow_list = std::move(*list);
    config.has_allow_list = true;
    return config;
}

Incident incident_of(std::string_view kind, std::string_view mount = "/srv/a",
                     std::uint8_t number = 1) {
    Incident incident;
    incident.id.bytes[0] = number;
    incident.kind = kind;
    incident.severity = Severity::Error;
    incident.subject = {.kind = SubjectKind::Mount, .name = mount};
    return incident;
}

TEST_CASE("decider: an allowed rule in mode auto is a decision with its numbers") {
    const ActionConfig config =
        make_config(rule_text("other", "auto") + rule_text("clean", "auto"));
    Decider decider(config);
    const test::ManualClock clock;
    const auto decision = decider.decide(incident_of("clean", "/srv/b"), clock.now());
    REQUIRE(decision);
    CHECK(decision->rule == 1);
    CHECK(decision->target == 1);
    CHECK(decision->mode == ActionMode::Auto);
    CHECK(decision->rule_name == "clean");
    CHECK(decision->playbook == "clean.yml");
    CHECK(decision->allowed);
    CHECK(decision->guard == Guard::None);
    CHECK(decision->why == "allowed by allow.yml line 5");
    REQUIRE(decider.rule_of(*decision) != nullptr);
    CHECK(decider.rule_of(*decision)->name == "clean");
}

TEST_CASE("decider: the lowest of the modes counts, and the reason is told") {
    const ActionConfig config = make_config(
        rule_text("clean", "observe") + rule_text("tell", "auto") + rule_text("foreign", "auto"));
    Decider decider(config);
    const test::ManualClock clock;
    const auto observe = decider.decide(incident_of("clean", "/srv/a", 1), clock.now());
    REQUIRE(observe);
    CHECK(observe->mode == ActionMode::Observe);
    CHECK(observe->allowed);
    const auto recommend = decider.decide(incident_of("tell", "/srv/a", 2), clock.now());
    REQUIRE(recommend);
    CHECK(recommend->mode == ActionMode::Recommend);
    CHECK(recommend->why == "mode recommend: waits for a person's approval");
    const auto foreign = decider.decide(incident_of("foreign", "/srv/a", 3), clock.now());
    REQUIRE(foreign);
    CHECK_FALSE(foreign->allowed);
    CHECK(foreign->target == kNoTarget);
    CHECK(foreign->guard == Guard::NotAllowed);
    CHECK(foreign->why == "allow.yml has no entry for rule 'foreign' on '/srv/a'");
    const auto elsewhere = decider.decide(incident_of("tell", "/srv/b", 4), clock.now());
    REQUIRE(elsewhere);
    CHECK_FALSE(elsewhere->allowed);
}

TEST_CASE("decider: without an allow-list everything is said and nothing allowed") {
    ActionConfig config = make_config(rule_text("clean", "auto"));
    config.allow_list = {};
    config.has_allow_list = false;
    Decider decider(config);
    const auto decision = decider.decide(incident_of("clean"), test::ManualClock().now());
    REQUIRE(decision);
    CHECK_FALSE(decision->allowed);
    CHECK(decision->guard == Guard::NoAllowList);
    CHECK(decision->why.view().find("there is no allow.yml") == 0);
}

TEST_CASE("decider: once per incident and rule, again when it gets worse") {
    const ActionConfig config = make_config(rule_text("foreign", "auto"));
    Decider decider(config);
    test::ManualClock clock;
    Incident incident = incident_of("foreign");
    CHECK(decider.decide(incident, clock.now()));
    for (int i = 0; i < 1000; ++i) {
        clock.advance(seconds(60));
        CHECK_FALSE(decider.decide(incident, clock.now()));
    }
    incident.severity = Severity::Critical;
    CHECK(decider.decide(incident, clock.now()));
    CHECK_FALSE(decider.decide(incident, clock.now()));
    incident.severity = Severity::Error;
    CHECK_FALSE(decider.decide(incident, clock.now()));
}

TEST_CASE("decider: what was asked for is asked again after its cooldown, which doubles") {
    const ActionConfig config = make_config(rule_text("clean", "auto"));
    Decider decider(config);
    test::ManualClock clock;
    const Incident incident = incident_of("clean");
    REQUIRE(decider.decide(incident, clock.now()));
    for (const Duration wait : {minutes(10), minutes(20), minutes(40)}) {
        clock.advance(wait - seconds(1));
        CHECK_FALSE(decider.decide(incident, clock.now()));
        clock.advance(seconds(1));
        CHECK(decider.decide(incident, clock.now()));
    }
}

TEST_CASE("decider: an actuator that nobody reached is asked again soon, and no cooldown begins") {
    const ActionConfig config = make_config(rule_text("clean", "auto"));
    Decider decider(config);
    test::ManualClock clock;
    const Incident incident = incident_of("clean");
    ActionReport report;
    report.incident = incident.id;
    report.rule = "clean";
    report.reached = false;
    REQUIRE(decider.decide(incident, clock.now()));
    for (const Duration wait : {seconds(5), seconds(10), seconds(20), seconds(40), seconds(80),
                                seconds(160), seconds(300), seconds(300)}) {
        decider.note(report);
        clock.advance(wait - seconds(1));
        CHECK_FALSE(decider.decide(incident, clock.now()));
        clock.advance(seconds(1));
        CHECK(decider.decide(incident, clock.now()));
    }
    report.reached = true;  // it answered: from here on the cooldown of the rule counts, undoubled
    decider.note(report);
    clock.advance(minutes(10) - seconds(1));
    CHECK_FALSE(decider.decide(incident, clock.now()));
    clock.advance(seconds(1));
    CHECK(decider.decide(incident, clock.now()));
}

TEST_CASE("decider: a report of another incident or rule changes nothing") {
    const ActionConfig config = make_config(rule_text("clean", "auto"));
    Decider decider(config);
    test::ManualClock clock;
    const Incident incident = incident_of("clean");
    REQUIRE(decider.decide(incident, clock.now()));
    ActionReport report;
    report.incident = incident_of("clean", "/srv/a", 2).id;
    report.rule = "clean";
    report.reached = false;
    decider.note(report);
    report.incident = incident.id;
    report.rule = "tell";
    decider.note(report);
    clock.advance(minutes(5));
    CHECK_FALSE(decider.decide(incident, clock.now()));
}

TEST_CASE("decider: incidents that are over, disabled rules and other kinds give nothing") {
    const ActionConfig config = make_config(rule_text("clean", "auto", "      enabled: false\n") +
                                            rule_text("tell", "auto"));
    Decider decider(config);
    const test::ManualClock clock;
    CHECK_FALSE(decider.decide(incident_of("clean"), clock.now()));
    CHECK_FALSE(decider.decide(incident_of("unheard_of"), clock.now()));
    Incident over = incident_of("tell");
    over.state = IncidentState::Resolved;
    CHECK_FALSE(decider.decide(over, clock.now()));
}

TEST_CASE("decider (RULES C4): right after start it only observes, then decides anew") {
    const ActionConfig config = make_config(rule_text("clean", "auto"));
    Decider decider(config, {.grace = minutes(5)});
    test::ManualClock clock;
    const Incident incident = incident_of("clean");
    const auto early = decider.decide(incident, clock.now());
    REQUIRE(early);
    CHECK_FALSE(early->allowed);
    CHECK(early->guard == Guard::Grace);
    CHECK(early->why == "only observing in the first 5 min after a start or a gap");
    clock.advance(minutes(4));
    CHECK_FALSE(decider.decide(incident, clock.now()));
    clock.advance(minutes(1));
    const auto later = decider.decide(incident, clock.now());
    REQUIRE(later);
    CHECK(later->allowed);
}

TEST_CASE("decider: throttle once_within lets one incident of a group through") {
    const ActionConfig config = make_config(rule_text(
        "clean", "auto",
        "      throttle: {once_within: 10 minutes, group_by_attributes: [event.subject]}\n"));
    Decider decider(config);
    test::ManualClock clock;
    CHECK(decider.decide(incident_of("clean", "/srv/a", 1), clock.now()));
    CHECK_FALSE(decider.decide(incident_of("clean", "/srv/a", 2), clock.now()));
    CHECK(decider.decide(incident_of("clean", "/srv/b", 3), clock.now()));
    clock.advance(minutes(10));
    CHECK(decider.decide(incident_of("clean", "/srv/a", 2), clock.now()));
}

TEST_CASE("decider: throttle once_after waits, and decides while the incident holds") {
    const ActionConfig config = make_config(rule_text(
        "clean", "auto", "      throttle: {once_after: 5 minutes, group_by_attributes: [kind]}\n"));
    Decider decider(config);
    test::ManualClock clock;
    const Incident incident = incident_of("clean");
    int decisions = 0;
    for (int second = 0; second <= 300; ++second) {
        if (decider.decide(incident, clock.now())) {
            ++decisions;
            CHECK(second == 300);
        }
        clock.advance(seconds(1));
    }
    CHECK(decisions == 1);
}

TEST_CASE("decider: throttle accumulate_within counts incidents, not looks at them") {
    const ActionConfig config =
        make_config(rule_text("clean", "auto",
                              "      throttle: {accumulate_within: 1 hour, threshold: 3, "
                              "group_by_attributes: [kind]}\n"));
    Decider decider(config);
    test::ManualClock clock;
    for (int tick = 0; tick < 50; ++tick) {
        CHECK_FALSE(decider.decide(incident_of("clean", "/srv/a", 1), clock.now()));
        CHECK_FALSE(decider.decide(incident_of("clean", "/srv/a", 2), clock.now()));
        clock.advance(seconds(10));
    }
    CHECK(decider.decide(incident_of("clean", "/srv/a", 3), clock.now()));
    // A fresh window begins: two are not enough again.
    CHECK_FALSE(decider.decide(incident_of("clean", "/srv/a", 4), clock.now()));
    CHECK_FALSE(decider.decide(incident_of("clean", "/srv/a", 5), clock.now()));
}

TEST_CASE("decider: memory is fixed; the incident not seen longest is forgotten and counted") {
    const ActionConfig config = make_config(rule_text("foreign", "auto"));
    Decider decider(config, {.grace = {}, .incidents_max = 2});
    test::ManualClock clock;
    for (std::uint8_t number = 1; number <= 3; ++number) {
        clock.advance(seconds(1));
        CHECK(decider.decide(incident_of("foreign", "/srv/a", number), clock.now()));
    }
    CHECK(decider.forgotten() == 1);
    clock.advance(seconds(1));
    CHECK_FALSE(decider.decide(incident_of("foreign", "/srv/a", 3), clock.now()));
    CHECK_FALSE(decider.decide(incident_of("foreign", "/srv/a", 2), clock.now()));
}

ActionRecord record_of(std::string_view rule, std::string_view state) {
    ActionRecord record;
    record.rule = rule;
    record.mode = "auto";
    record.state = state;
    return record;
}

constexpr std::string_view kLadderAllow = R"(version: 1
watcher_uid: 1
max_mode: auto
actions:
  - {rule: gentle, playbook: gentle.yml, max_mode: auto, targets: [/srv/a], requires: nothing}
  - {rule: hard, playbook: hard.yml, max_mode: auto, targets: [/srv/a], requires: nothing}
)";

std::string ladder_rules(std::string_view hard_condition) {
    return fmt::format(
        "    - {{name: gentle, condition: event.kind == 'sick', mode: auto, ladder: [hard],\n"
        "       action: {{run_playbook: {{name: gentle.yml}}}}}}\n"
        "    - {{name: hard, condition: {}, mode: auto,\n"
        "       action: {{run_playbook: {{name: hard.yml}}}}}}\n",
        hard_condition);
}

// RULES C4: recommend -> gentle -> hard -> human.
TEST_CASE("decider (RULES C4): when a rung has failed the next one decides, at once") {
    const ActionConfig config = make_config(ladder_rules("event.kind == 'sick'"), kLadderAllow);
    Decider decider(config);
    test::ManualClock clock;
    Incident incident = incident_of("sick");
    const auto first = decider.decide(incident, clock.now());
    REQUIRE(first);
    CHECK(first->rule_name == "gentle");
    CHECK_FALSE(first->last_rung);
    REQUIRE(incident.actions.push(record_of("gentle", "ineffective")));
    clock.advance(seconds(1));
    const auto second = decider.decide(incident, clock.now());
    REQUIRE(second);
    CHECK(second->rule_name == "hard");
    CHECK(second->last_rung);
    REQUIRE(incident.actions.push(record_of("hard", "failed")));
    clock.advance(seconds(1));
    CHECK_FALSE(decider.decide(incident, clock.now()));  // not before its cooldown
    clock.advance(hours(1));
    const auto again = decider.decide(incident, clock.now());
    REQUIRE(again);
    CHECK(again->rule_name == "hard");
}

TEST_CASE("decider: an action that helped is not thought of again while its incident closes") {
    const ActionConfig config =
        make_config(rule_text("clean", "auto", "      limits: {cooldown: 1s}\n"),
                    "version: 1\nwatcher_uid: 1\nmax_mode: auto\nactions:\n"
                    "  - {rule: clean, playbook: clean.yml, max_mode: auto,"
                    " targets: [/srv/a], requires: nothing,"
                    " limits: {cooldown: 1s}}\n");
    Decider decider(config);
    test::ManualClock clock;
    Incident incident = incident_of("clean");
    REQUIRE(decider.decide(incident, clock.now()));
    REQUIRE(incident.actions.push(record_of("clean", "effective")));
    clock.advance(kRestAfterEffect - seconds(1));
    CHECK_FALSE(decider.decide(incident, clock.now()));
    clock.advance(seconds(1));
    CHECK(decider.decide(incident, clock.now()));
}

TEST_CASE("decider: a rung never decides by itself, nor where its own condition does not hold") {
    const ActionConfig config = make_config(ladder_rules("event.kind == 'other'"), kLadderAllow);
    Decider decider(config);
    const test::ManualClock clock;
    CHECK_FALSE(decider.decide(incident_of("other"), clock.now()));
    Incident incident = incident_of("sick");
    REQUIRE(incident.actions.push(record_of("gentle", "failed")));
    const auto decision = decider.decide(incident, clock.now());
    REQUIRE(decision);
    CHECK(decision->rule_name == "gentle");
    CHECK(decision->last_rung);
}

// RULES B21: if most things look broken, stop and report.
TEST_CASE("decider (RULES B21): many incidents of one rule at once are no many faults") {
    const ActionConfig config = make_config(rule_text("clean", "auto"));
    Decider decider(config);
    test::ManualClock clock;
    const auto decide = [&](std::uint8_t number) {
        return decider.decide(incident_of("clean", "/srv/a", number), clock.now());
    };
    for (std::uint8_t number = 1; number < kStormIncidents; ++number) {
        REQUIRE(decide(number));
    }
    const auto storm = decide(kStormIncidents);
    REQUIRE(storm);
    CHECK_FALSE(storm->allowed);
    CHECK(storm->guard == Guard::Storm);
    CHECK(storm->why.view().find("a person is needed") != std::string_view::npos);
    CHECK_FALSE(decide(kStormIncidents));  // said once
    clock.advance(minutes(1));             // the others are over
    const auto later = decide(kStormIncidents);
    REQUIRE(later);
    CHECK(later->allowed);
}

TEST_CASE("decider (RULES C4): after a gap it only observes again, an hour of peace is no gap") {
    const ActionConfig config = make_config(rule_text("clean", "auto"));
    Decider decider(config, {.grace = minutes(5)});
    test::ManualClock clock;
    for (int second = 0; second < 3600; ++second, clock.advance(seconds(1))) {
        decider.tick(clock.now());
    }
    const auto awake = decider.decide(incident_of("clean", "/srv/a", 1), clock.now());
    REQUIRE(awake);
    CHECK(awake->allowed);
    clock.advance(hours(8));  // suspended
    decider.tick(clock.now());
    const auto resumed = decider.decide(incident_of("clean", "/srv/a", 2), clock.now());
    REQUIRE(resumed);
    CHECK_FALSE(resumed->allowed);
}

TEST_CASE("decider (RULES B23): what waits for a person is asked for again, without doubling") {
    const ActionConfig config = make_config(rule_text("tell", "auto"));
    Decider decider(config);
    test::ManualClock clock;
    const Incident incident = incident_of("tell");
    for (int time = 0; time < 5; ++time) {
        CAPTURE(time);
        REQUIRE(decider.decide(incident, clock.now()));
        ActionReport waiting;
        waiting.incident = incident.id;
        waiting.rule = "tell";
        waiting.waiting = true;
        decider.note(waiting);
        clock.advance(kApprovalRetry - seconds(1));
        CHECK_FALSE(decider.decide(incident, clock.now()));
        clock.advance(seconds(1));
    }
}

// RULES C4, Narya: a no-action control.
TEST_CASE("decider (RULES C4): one recommendation in ten is only watched, for good") {
    int controls = 0;
    for (std::uint64_t number = 0; number < 10'000; ++number) {
        controls += is_control(make_incident_id(1, {number, number})) ? 1 : 0;
    }
    CHECK(controls > 800);
    CHECK(controls < 1200);
    const ActionConfig config = make_config(rule_text("tell", "auto"));
    Decider decider(config);
    Incident incident = incident_of("tell");
    while (!is_control(incident.id)) ++incident.id.bytes[1];
    const auto decision = decider.decide(incident, test::ManualClock().now());
    REQUIRE(decision);
    CHECK(decision->mode == ActionMode::Observe);
    CHECK(decision->why.view().find("only watched") != std::string_view::npos);
}

TEST_CASE("decider (RULES B24): in a fleet it waits for this host's turn, and then decides") {
    ActionConfig config = make_config(rule_text("clean", "auto"));
    config.allow_list.fleet = {0.02, minutes(5)};
    Decider decider(config, {.grace = Duration{}, .host_id = "machine"});
    test::ManualClock clock;
    const Incident incident = incident_of("clean");
    Duration wait = until_turn(config.allow_list.fleet, "machine", clock.now().unix_ns);
    if (wait.ns == 0) {  // just now: the next one
        clock.advance(minutes(5));
        wait = until_turn(config.allow_list.fleet, "machine", clock.now().unix_ns);
    }
    REQUIRE(wait.ns > 0);
    const auto early = decider.decide(incident, clock.now());
    REQUIRE(early);
    CHECK_FALSE(early->allowed);
    CHECK(early->guard == Guard::Turn);
    CHECK(early->why.view().find("fleet: the turn of this host comes in") == 0);
    clock.advance(wait - seconds(1));
    CHECK_FALSE(decider.decide(incident, clock.now()));
    clock.advance(seconds(1));
    const auto turn = decider.decide(incident, clock.now());
    REQUIRE(turn);
    CHECK(turn->allowed);
}

TEST_CASE("decider: what was done is known by its record, if the files still have it") {
    const ActionConfig config = make_config(rule_text("clean", "auto"));
    const Decider decider(config);
    ActionRecord record = record_of("clean", "worse");
    record.playbook = "clean.yml";
    const auto decision = decider.decision_behind(record, incident_of("clean", "/srv/b"));
    REQUIRE(decision);
    CHECK(decision->rule == 0);
    CHECK(decision->target == 1);
    CHECK_FALSE(decider.decision_behind(record, incident_of("clean", "/elsewhere")));
    record.rule = "gone";
    CHECK_FALSE(decider.decision_behind(record, incident_of("clean")));
}

TEST_CASE("decider (INTERFACES 7 rule 3): past the end of a bundle it is only observed") {
    ActionConfig config = make_config(rule_text("clean", "auto"));
    test::ManualClock clock;
    config.stale_from_unix_ns = clock.now().unix_ns + hours(1).ns;
    Decider decider(config);
    CHECK(decider.decide(incident_of("clean", "/srv/a", 1), clock.now())->mode == ActionMode::Auto);
    clock.advance(hours(1));
    const auto stale = decider.decide(incident_of("clean", "/srv/a", 2), clock.now());
    REQUIRE(stale);
    CHECK(stale->mode == ActionMode::Observe);
    CHECK(stale->allowed);  // a dry run says what would be done
    CHECK(stale->why ==
          "the fleet's bundle ended 2026-11-20T13:00:00.000Z: only observing until a newer comes");
}

}  // namespace
}  // namespace homeostat
