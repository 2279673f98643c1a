#include "actions/rulebook.hpp"

#include <doctest/doctest.h>

#include <string>

namespace homeostat {
namespace {

constexpr std::string_view kWhole = R"(---
- name: disk
  hosts: localhost
  sources:
    - ansible.eda.alertmanager: {host: 0.0.0.0, port: 8000}
  rules:
    - name: clean rotated logs
      condition: event.kind == "filesystem_space" and event.severity == "critical"
      throttle:
        once_within: 10 minutes
        group_by_attributes: [event.subject]
      action:
        run_playbook:
          name: clean-disk.yml
          extra_vars: {keep_days: 14, share: 0.5, dry: false, what: logs}
      mode: auto
      limits: {per_hour: 1, per_day: 3, cooldown: 30m}
      verify: {metric: event.value, below: 0.9, within: 2m}
    - name: tell only
      enabled: false
      condition:
        any:
          - event.severity == "error"
          - event.severity == "critical"
      actions:
        - run_playbook: {name: tell.yaml}
)";

std::string refusal(std::string_view text) {
    std::vector<Rule> rules;
    const auto parsed = parse_rulebook("r.yml", text, rules);
    CHECK(rules.empty());
    return parsed ? "" : std::string(parsed.error().text.view());
}

// A rulebook with this text inside its only rule.
std::string with_rule(std::string_view inside) {
    return "- name: s\n  hosts: all\n  sources: []\n  rules:\n    - name: r\n" +
           std::string(inside);
}
constexpr std::string_view kCondition = "      condition: event.value > 1\n";
constexpr std::string_view kAction = "      action: {run_playbook: {name: p.yml}}\n";

TEST_CASE("rulebook: all, any and not_all, with the time that their parts may be apart") {
    struct Row {
        std::string_view condition;
        Join join;
        Duration timeout;
        std::size_t parts;
    };
    for (const Row& row :
         {Row{"{all: [event.value > 1, event.value > 2], timeout: 10 seconds}", Join::All,
              seconds(10), 2},
          Row{"{all: [event.value > 1]}", Join::All, Duration{}, 1},
          Row{"{any: [event.value > 1, event.value > 2]}", Join::One, Duration{}, 2},
          Row{"{not_all: [event.value > 1, event.value > 2, event.value > 3], timeout: 5 minutes}",
              Join::NotAll, minutes(5), 3}}) {
        CAPTURE(row.condition);
        std::vector<Rule> rules;
        const auto parsed = parse_rulebook("r.yml",
                                           with_rule(std::string(kAction) + "      condition: " +
                                                     std::string(row.condition) + "\n"),
                                           rules);
        REQUIRE_MESSAGE(parsed.has_value(), std::string(parsed ? "" : parsed.error().text.c_str()));
        CHECK(rules[0].join == row.join);
        CHECK(rules[0].timeout == row.timeout);
        CHECK(rules[0].condition.parts() == row.parts);
    }
}

TEST_CASE("rulebook: a whole file in the syntax of ansible-rulebook, and our own keys") {
    std::vector<Rule> rules;
    const auto parsed = parse_rulebook("r.yml", kWhole, rules);
    REQUIRE_MESSAGE(parsed.has_value(), std::string(parsed ? "" : parsed.error().text.c_str()));
    REQUIRE(rules.size() == 2);
    const Rule& rule = rules[0];
    CHECK(rule.name == "clean rotated logs");
    CHECK(rule.ruleset == "disk");
    CHECK(rule.playbook == "clean-disk.yml");
    CHECK(rule.file == "r.yml");
    CHECK(rule.line == 7);
    CHECK(rule.enabled);
    CHECK(rule.mode == ActionMode::Auto);
    CHECK(rule.throttle.kind == Throttle::Kind::OnceWithin);
    CHECK(rule.throttle.window == minutes(10));
    CHECK(rule.throttle.group_by == std::vector<std::string_view>{"subject"});
    CHECK(rule.limits.per_hour == 1U);
    CHECK(rule.limits.per_day == 3U);
    CHECK(rule.limits.cooldown == minutes(30));
    REQUIRE(rule.verify);
    CHECK(rule.verify->metric == "value");
    CHECK(rule.verify->below);
    CHECK(rule.verify->limit == doctest::Approx(0.9));
    CHECK(rule.verify->within == minutes(2));
    REQUIRE(rule.extra_vars.size() == 4);
    CHECK(std::get<std::int64_t>(rule.extra_vars[0].second) == 14);
    CHECK(std::get<double>(rule.extra_vars[1].second) == doctest::Approx(0.5));
    CHECK_FALSE(std::get<bool>(rule.extra_vars[2].second));
    CHECK(std::get<std::string>(rule.extra_vars[3].second) == "logs");
    CHECK_FALSE(rules[1].enabled);
    CHECK(rules[1].mode == ActionMode::Observe);  // the default
    CHECK(rules[1].playbook == "tell.yaml");
    Incident incident;
    incident.severity = Severity::Critical;
    CHECK(rules[1].condition.holds(incident));
    CHECK_FALSE(rules[0].condition.holds(incident));
}

TEST_CASE("rulebook: what takes an action back, and what it acts on") {
    std::vector<Rule> rules;
    REQUIRE(parse_rulebook("r.yml",
                           with_rule(std::string(kCondition) + std::string(kAction) +
                                     "      undo: {playbook: u.yml, after: 30m}\n"
                                     "      acts_on: nginx.service\n"),
                           rules));
    REQUIRE(rules[0].undo);
    CHECK(rules[0].undo->playbook == "u.yml");
    CHECK(rules[0].undo->after == minutes(30));
    CHECK(rules[0].acts_on == "nginx.service");
    rules.clear();
    REQUIRE(parse_rulebook(
        "r.yml",
        with_rule(std::string(kCondition) + std::string(kAction) +
                  "      restrain: {cpu_weight: 1, io_weight: 99, memory_high: 1, for: 24h}\n"),
        rules));
    REQUIRE(rules[0].restrain);
    CHECK(rules[0].restrain->cpu_weight == 1U);
    CHECK(rules[0].restrain->io_weight == 99U);
    CHECK(rules[0].restrain->memory_high == 1.0);
    CHECK(rules[0].restrain->length == hours(24));
    CHECK(rules[0].acts_on == "subject");
    CHECK_FALSE(rules[0].undo);
}

TEST_CASE("rulebook: a file without rules has none, and says so by being empty") {
    for (const char* text : {"", "\n", "# later\n", "---\n"}) {
        CAPTURE(text);
        std::vector<Rule> rules;
        CHECK(parse_rulebook("r.yml", text, rules));
        CHECK(rules.empty());
    }
}

TEST_CASE("rulebook (RULES B10): what is not supported is refused with its place and what is") {
    struct Row {
        std::string text;
        std::string_view says;
    };
    const auto rule = [](std::string_view extra) {
        return with_rule(std::string(kCondition) + std::string(kAction) + std::string(extra));
    };
    const Row rows[] = {
        {"[]", "a rulebook is a list of rulesets"},
        {"- 1", "a ruleset must be a mapping"},
        {"- name: a\n  ruels: []\n",
         "r.yml:2:3: a ruleset has no key 'ruels' (did you mean 'rules'"},
        {"- name: a\n", "a ruleset needs `rules:`"},
        {"- rules: 5\n", "rules: expected a list"},
        {"- rules: []\n  sources: [5]\n", "a mapping for each source"},
        {"- rules: []\n  sources: 5\n", "sources: expected a list"},
        {"- rules: [{}]\n", "a rule needs `name:`"},
        {with_rule(""), "a rule needs `condition:`"},
        {with_rule(kCondition), "a rule needs `action:`"},
        {with_rule(std::string(kAction) + "      condition: event.valeu > 1\n"),
         "r.yml:7:18: condition, character 1: an incident has no 'valeu' (did you mean 'value'?)"},
        {with_rule(std::string(kAction) +
                   "      condition: {not_all: [event.value > 1], timeout: 5m}\n"),
         "not_all: expected a list of 2 to 64 conditions"},
        {with_rule(std::string(kAction) +
                   "      condition: {not_all: [event.value > 1, event.value > 2]}\n"),
         "needs `timeout:`"},
        {with_rule(std::string(kAction) +
                   "      condition: {any: [event.value > 1], timeout: 5m}\n"),
         "timeout belongs to `all` and `not_all`"},
        {with_rule(std::string(kAction) +
                   "      condition: {all: [event.value > 1], timeout: 0s}\n"),
         "timeout"},
        {with_rule(std::string(kAction) +
                   "      condition: {all: [event.value > 1], not_all: [event.value > 1]}\n"),
         "one of `all`, `any`, `not_all`"},
        {with_rule(std::string(kAction) + "      condition: {all: []}\n"), "a list of 1 to 64"},
        {with_rule(std::string(kAction) +
                   "      condition: {all: [event.value > 1], any: [event.value > 1]}\n"),
         "one of `all`, `any`"},
        {with_rule(std::string(kAction) + "      condition: {all: [[]]}\n"), "expected text"},
        {with_rule(std::string(kCondition) + "      action: {run_module: {name: x}}\n"),
         "action has no key 'run_module'"},
        {with_rule(std::string(kCondition) + "      action: {debug: }\n"), "keys: run_playbook"},
        {with_rule(std::string(kCondition) + "      actions: []\n"), "exactly one is supported"},
        {with_rule(std::string(kCondition) + "      action: {run_playbook: {}}\n"),
         "run_playbook needs `name:`"},
        {with_rule(std::string(kCondition) + "      action: {run_playbook: {name: ../p.yml}}\n"),
         "a file name in playbooks/"},
        {with_rule(std::string(kCondition) + "      action: {run_playbook: {name: p.sh}}\n"),
         "that ends in .yml"},
        {with_rule(std::string(kCondition) +
                   "      action: {run_playbook: {name: p.yml, extra_vars: {a: '{{ b }}'}}}\n"),
         "a literal text"},
        {with_rule(std::string(kCondition) +
                   "      action: {run_playbook: {name: p.yml, extra_vars: {event: 1}}}\n"),
         "`event` is the incident"},
        {rule("      mode: always\n"), "mode: expected observe, recommend or auto, got 'always'"},
        {rule("      enabled: 1\n"), "enabled: expected true or false"},
        {rule("      throttle: {}\n"), "throttle needs once_within"},
        {rule("      throttle: {once_within: 5 minutes}\n"),
         "throttle needs `group_by_attributes:`"},
        {rule("      throttle: {once_within: 5, group_by_attributes: [event.kind]}\n"),
         "a duration such as"},
        {rule("      throttle: {once_within: 5m, group_by_attributes: [event.hots]}\n"),
         "an incident has no 'event.hots'"},
        {rule("      throttle: {once_within: 5m, once_after: 5m, group_by_attributes: [kind]}\n"),
         "only one of once_within"},
        {rule("      throttle: {accumulate_within: 5m, group_by_attributes: [kind]}\n"),
         "throttle needs `threshold:`"},
        {rule("      throttle: {once_after: 5m, threshold: 2, group_by_attributes: [kind]}\n"),
         "threshold belongs to accumulate_within"},
        {rule("      limits: {per_hour: 0}\n"), "per_hour: expected a whole number from 1"},
        {rule("      limits: {per_minute: 1}\n"), "limits has no key 'per_minute'"},
        {rule("      verify: {metric: event.value}\n"), "verify needs one of `below`, `above`"},
        {rule("      verify: {metric: event.x, below: 1}\n"), "an incident has no 'event.x'"},
        {rule("      verify: {below: 1}\n"), "verify needs `metric:`"},
        {rule("      undo: {after: 5m}\n"), "undo needs `playbook:`"},
        {rule("      undo: {playbook: ../u.yml}\n"),
         "playbook: expected a file name in playbooks/"},
        {rule("      undo: {playbook: u.yml, after: 30s}\n"), "outside of 1m to"},
        {rule("      undo: {playbook: u.yml, then: x}\n"), "undo has no key 'then'"},
        {rule("      restrain: {cpu_weight: 20}\n"), "restrain needs `for:`"},
        {rule("      restrain: {for: 5m}\n"), "restrain needs cpu_weight, io_weight or"},
        {rule("      restrain: {for: 2d, cpu_weight: 20}\n"), "outside of 1m to 1d"},
        {rule("      restrain: {for: 5m, cpu_weight: 100}\n"), "a whole number from 1 to 99"},
        {rule("      restrain: {for: 5m, memory_high: 0.4}\n"), "a number from 0.5 to 1"},
        {rule("      restrain: {for: 5m, io_weight: 5}\n      undo: {playbook: u.yml}\n"),
         "a rule has `restrain` or `undo`"},
        {rule("      acts_on: '*.service'\n"), "acts_on: expected subject, cause, host"},
        {rule("      acts_on: /srv/\n"), "acts_on: expected subject, cause, host"},
        {rule("    - name: r\n" + std::string(kCondition) + std::string(kAction)),
         "a second rule 'r': the first is r.yml:5"},
        {with_rule(std::string(kCondition) + "      name2: x\n"), "a rule has no key 'name2'"},
        {"- rules: [{name: " + std::string(64, 'n') + "}]\n", "64 bytes, at most 63"},
        {"a: &x 1\nb: *x\n", "r.yml:1:"},
        {"- rules: !!python/object:os.system []\n", "r.yml:1:"},
        {std::string(kRulebookBytesMax + 1, '#'), "r.yml"},
        {std::string("\x00\xff\xfe", 3), "r.yml"},
    };
    for (const Row& row : rows) {
        const std::string text = refusal(row.text);
        CAPTURE(row.text);
        CAPTURE(text);
        CHECK(text.find(row.says) != std::string::npos);
        CHECK(text.find("r.yml:") == 0);
    }
}

TEST_CASE("rulebook: rules of several files share one numbering and one set of names") {
    std::vector<Rule> rules;
    REQUIRE(parse_rulebook("a.yml", kWhole, rules));
    CHECK(rules.size() == 2);
    const auto again = parse_rulebook("b.yml", kWhole, rules);
    REQUIRE_FALSE(again);
    CHECK(again.error().text.view().find("b.yml:7:7: a second rule 'clean rotated logs': the first "
                                         "is a.yml:7") == 0);
    CHECK(rules.size() == 2);  // nothing of a refused file stays
}

TEST_CASE("rulebook: the limit on the number of rules is where it says it is") {
    std::string text = "- rules:\n";
    for (std::size_t i = 0; i < kRulesMax; ++i) {
        text += "    - {name: r" + std::to_string(i) +
                ", condition: event.value > 1, action: {run_playbook: {name: p.yml}}}\n";
    }
    std::vector<Rule> rules;
    REQUIRE(parse_rulebook("r.yml", text, rules));
    CHECK(rules.size() == kRulesMax);
    rules.clear();
    text +=
        "    - {name: more, condition: event.value > 1, action: {run_playbook: {name: p.yml}}}\n";
    const auto refused = parse_rulebook("r.yml", text, rules);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text.view().find("more than 256 rules") != std::string_view::npos);
}

}  // namespace
}  // namespace homeostat
