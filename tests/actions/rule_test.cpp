#include "actions/rule.hpp"

#include <doctest/doctest.h>

#include <string>

#include "actions/decider.hpp"
#include "actions/rulebook.hpp"
#include "tests/support/manual_clock.hpp"

namespace homeostat {
namespace {

TEST_CASE("rule: a ladder names the rules that come next, whichever file they are in") {
    const auto named = [](std::string_view name, std::string_view extra) {
        return fmt::format(
            "- rules:\n    - name: {}\n      condition: event.value > 1\n"
            "      action: {{run_playbook: {{name: a.yml}}}}\n{}",
            name, extra);
    };
    const auto resolve = [&](std::initializer_list<std::pair<const char*, const char*>> texts,
                             std::vector<Rule>& rules) {
        for (const auto& [name, extra] : texts) {
            const auto parsed = parse_rulebook("r.yml", named(name, extra), rules);
            REQUIRE_MESSAGE(parsed, std::string(parsed ? "" : parsed.error().text.c_str()));
        }
        return resolve_ladders(rules);
    };
    std::vector<Rule> rules;
    REQUIRE(resolve({{"hard", ""}, {"gentle", "      ladder: [middle, hard]\n"}, {"middle", ""}},
                    rules));
    CHECK(rules[1].rungs == std::vector<std::uint16_t>{2, 0});
    CHECK_FALSE(rules[1].below);
    CHECK(rules[2].below == std::uint16_t{1});
    CHECK(rules[0].below == std::uint16_t{2});

    struct Row {
        const char* ladder_a;
        const char* ladder_b;
        std::string_view says;
    };
    for (const Row& row :
         {Row{"      ladder: [c]\n", "", "'c' is no rule"},
          Row{"      ladder: [a]\n", "", "'a' is on a ladder already"},
          Row{"      ladder: [b, b]\n", "", "'b' is on a ladder already"},
          Row{"      ladder: [b]\n", "      ladder: [a]\n", "'b' has a ladder of its own"}}) {
        CAPTURE(row.ladder_a);
        std::vector<Rule> bad;
        const auto resolved = resolve({{"a", row.ladder_a}, {"b", row.ladder_b}}, bad);
        REQUIRE_FALSE(resolved);
        CAPTURE(resolved.error().text.c_str());
        CHECK(resolved.error().text.view().find(row.says) != std::string_view::npos);
        CHECK(resolved.error().text.view().starts_with("r.yml:"));
    }
}

TEST_CASE("rule: it acts on the incident's subject, on who is to blame, or on what it names") {
    Incident incident;
    incident.subject = {.kind = SubjectKind::Mount, .name = "/srv"};
    Rule rule;
    CHECK(rule.target_for(incident) == incident.subject);
    rule.acts_on = "host";
    CHECK(rule.target_for(incident) == Subject{});
    rule.acts_on = "rsyslog.service";
    CHECK(rule.target_for(incident) == Subject{SubjectKind::Unit, "rsyslog.service"});
    rule.acts_on = "/var";
    CHECK(rule.target_for(incident) == Subject{SubjectKind::Mount, "/var"});

    rule.acts_on = kActsOnCause;
    CHECK_FALSE(rule.target_for(incident));
    ProcessUse nobody;
    ProcessUse batch;
    batch.unit = "batch.service";
    REQUIRE(incident.processes.push(nobody));
    REQUIRE(incident.processes.push(batch));
    CHECK_FALSE(rule.target_for(incident));  // the second is not to blame for the first
    std::swap(incident.processes[0], incident.processes[1]);
    CHECK(rule.target_for(incident) == Subject{SubjectKind::Unit, "batch.service"});
    incident.subject = {.kind = SubjectKind::Unit, .name = "app.service"};
    CHECK(rule.target_for(incident) == incident.subject);
}

TEST_CASE("rule: the decider acts on what is to blame, if the owner allows that unit") {
    ActionConfig config;
    REQUIRE(parse_rulebook("r.yml",
                           "- rules:\n    - name: hog\n      condition: event.kind == 'hog'\n"
                           "      mode: auto\n      acts_on: cause\n"
                           "      action: {run_playbook: {name: hog.yml}}\n",
                           config.rules));
    auto list = parse_allow_list("allow.yml",
                                 "version: 1\nwatcher_uid: 1\nmax_mode: auto\nactions:\n"
                                 "  - rule: hog\n    playbook: hog.yml\n    max_mode: auto\n"
                                 "    targets: [host, batch.service]\n    requires: nothing\n");
    REQUIRE(list);
    config.allow_list = std::move(*list);
    config.has_allow_list = true;
    Decider decider(config);
    const test::ManualClock clock;
    Incident incident;
    incident.kind = "hog";
    const auto nobody = decider.decide(incident, clock.now());
    REQUIRE(nobody);
    CHECK_FALSE(nobody->allowed);
    CHECK(nobody->why == "nobody knows which unit is to blame");

    ProcessUse process;
    process.unit = "batch.service";
    REQUIRE(incident.processes.push(process));
    incident.id.bytes[0] = 2;
    const auto blamed = decider.decide(incident, clock.now());
    REQUIRE(blamed);
    CHECK(blamed->allowed);
    CHECK(blamed->target == 1);
    CHECK(blamed->target_name == "batch.service");
    ActionRecord record;
    record.rule = "hog";
    record.playbook = "hog.yml";
    record.target = blamed->target_name;
    incident.processes[0].unit = "other.service";  // who is to blame may change: what was done not
    CHECK(decider.decision_behind(record, incident)->target == 1);

    incident.id.bytes[0] = 3;
    const auto other = decider.decide(incident, clock.now());
    REQUIRE(other);
    CHECK_FALSE(other->allowed);
    CHECK(other->why == "allow.yml has no entry for rule 'hog' on 'other.service'");
}

}  // namespace
}  // namespace homeostat
