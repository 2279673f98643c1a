#include "actions/rulebook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "actions/built_in_refusals.hpp"
#include "actions/yaml_fields.hpp"
#include "core/nearest.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kPlaybookNameMax = 63;  // what a Decision carries
constexpr std::size_t kTargetNameMax = 127;   // what a Subject carries
constexpr std::size_t kListMax = 64;
constexpr std::size_t kExtraTextMax = 1024;
constexpr Duration kWindowMin = milliseconds(1);
constexpr Duration kWindowMax = hours(168);
constexpr std::uint32_t kRunsMaxPerWindow = 1000;
constexpr double kNumberMax = 1e300;

constexpr std::array<std::string_view, 8> kRulesetKeys{"name",
                                                       "hosts",
                                                       "sources",
                                                       "rules",
                                                       "gather_facts",
                                                       "default_events_ttl",
                                                       "execution_strategy",
                                                       "match_multiple_rules"};
constexpr std::array<std::string_view, 13> kRuleKeys{
    "name",   "condition", "throttle", "action",   "actions", "enabled", "mode",
    "limits", "verify",    "undo",     "restrain", "acts_on", "ladder"};
constexpr std::array<std::string_view, 4> kConditionKeys{"all", "any", "not_all", "timeout"};
constexpr std::array<std::string_view, 5> kThrottleKeys{
    "once_within", "once_after", "accumulate_within", "threshold", "group_by_attributes"};
constexpr std::array<std::string_view, 2> kPlaybookKeys{"name", "extra_vars"};
constexpr std::array<std::string_view, 3> kLimitsKeys{"per_hour", "per_day", "cooldown"};
constexpr std::array<std::string_view, 4> kVerifyKeys{"metric", "below", "above", "within"};
constexpr std::array<std::string_view, 2> kUndoKeys{"playbook", "after"};
constexpr std::array<std::string_view, 4> kRestrainKeys{"cpu_weight", "io_weight", "memory_high",
                                                        "for"};

std::vector<std::string_view> field_names() {
    std::vector<std::string_view> names;
    for (const IncidentField& field : incident_fields()) names.push_back(field.name);
    return names;
}

// "event.subject" or "subject", as a view that lives for ever; empty if there is no such field.
std::string_view find_field(std::string_view text) {
    static constexpr std::string_view kPrefix = "event.";
    if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
    for (const IncidentField& field : incident_fields()) {
        if (field.name == text) return field.name;
    }
    return {};
}

Error unknown_field(std::string_view file, const YamlNode& node) {
    const auto names = field_names();
    return yaml_error(file, node.mark, "an incident has no '{}'{}; fields: {}", node.text,
                      did_you_mean(node.text, names), fmt::join(names, " "));
}

class RulebookReader {
public:
    RulebookReader(const std::string& file, std::vector<Rule>& rules)
        : file_(file), rules_(rules) {}

    Status read(std::string_view text) {
        const auto document =
            parse_yaml(text, file_, {.size_max = kRulebookBytesMax, .depth_max = 16});
        if (!document) return document.error();
        if (document->kind == YamlNode::Kind::Null) return Ok{};  // an empty file has no rules
        if (!document->is_list() || document->items.empty()) {
            return yaml_error(file_, document->mark, "a rulebook is a list of rulesets, got {}",
                              name_of(document->kind));
        }
        for (const YamlNode& item : document->items) {
            if (const auto read = ruleset(item); !read) return read;
        }
        return Ok{};
    }

private:
    Status ruleset(const YamlNode& node) {
        const auto fields = YamlFields::open(file_, node, "a ruleset", kRulesetKeys);
        if (!fields) return fields.error();
        std::string name = "rules";
        if (const auto taken = fields->take("name", name, kRuleNameMax); !taken) return taken;
        if (const auto ok = check_hosts(*fields); !ok) return ok;
        if (const auto ok = check_sources(*fields); !ok) return ok;
        const auto rules = fields->require("rules");
        if (!rules) return rules.error();
        if (!(*rules)->is_list()) return fields->wrong(**rules, "rules", "a list");
        for (const YamlNode& item : (*rules)->items) {
            auto made = rule(item);
            if (!made) return made.error();
            made->ruleset = name;
            if (const auto added = add(std::move(*made), item); !added) return added;
        }
        return Ok{};
    }

    Status add(Rule made, const YamlNode& node) {
        for (const Rule& other : rules_) {
            if (other.name != made.name) continue;
            return yaml_error(file_, node.mark, "a second rule '{}': the first is {}:{}", made.name,
                              other.file, other.line);
        }
        if (rules_.size() == kRulesMax) {
            return yaml_error(file_, node.mark, "more than {} rules", kRulesMax);
        }
        rules_.push_back(std::move(made));
        return Ok{};
    }

    // `hosts` is for Ansible; here it is always this host.
    Status check_hosts(const YamlFields& fields) {
        std::string hosts;
        return fields.take("hosts", hosts, kExtraTextMax);
    }

    // The source is Homeostat itself. What is written must still be what ansible-rulebook takes.
    Status check_sources(const YamlFields& fields) {
        const YamlNode* sources = fields.find("sources");
        if (sources == nullptr) return Ok{};
        if (!sources->is_list()) return fields.wrong(*sources, "sources", "a list");
        for (const YamlNode& source : sources->items) {
            if (!source.is_map())
                return fields.wrong(source, "sources", "a mapping for each source");
        }
        return Ok{};
    }

    Result<Rule> rule(const YamlNode& node) {
        const auto fields = YamlFields::open(file_, node, "a rule", kRuleKeys);
        if (!fields) return fields.error();
        Rule rule;
        rule.file = file_;
        rule.line = node.mark.line;
        if (const auto name = fields->require("name"); !name) return name.error();
        if (const auto ok = fields->take("name", rule.name, kRuleNameMax); !ok) return ok.error();
        if (const auto ok = fields->take("enabled", rule.enabled); !ok) return ok.error();
        if (const auto ok = fields->take("mode", rule.mode); !ok) return ok.error();
        const auto condition_node = fields->require("condition");
        if (!condition_node) return condition_node.error();
        if (const auto ok = condition(**condition_node, rule); !ok) return ok.error();
        if (const auto ok = throttle(*fields, rule.throttle); !ok) return ok.error();
        if (const auto ok = action(*fields, rule); !ok) return ok.error();
        if (const auto ok = limits(*fields, rule.limits); !ok) return ok.error();
        if (const auto ok = verify(*fields, rule.verify); !ok) return ok.error();
        if (const auto ok = undo(*fields, rule.undo); !ok) return ok.error();
        if (const auto ok = restrain(*fields, rule.restrain); !ok) return ok.error();
        if (rule.undo && rule.restrain) {
            return yaml_error(file_, node.mark,
                              "restrain is taken back by itself: a rule has `restrain` or `undo`");
        }
        if (const auto ok = acts_on(*fields, rule); !ok) return ok.error();
        const auto ladder = fields->take("ladder", rule.ladder, kRungsMax, kRuleNameMax);
        if (!ladder) return ladder.error();
        return rule;
    }

    Status condition(const YamlNode& node, Rule& rule) {
        if (node.is_scalar()) {
            auto one = one_condition(node);
            if (!one) return one.error();
            rule.condition = std::move(*one);
            return Ok{};
        }
        const auto fields = YamlFields::open(file_, node, "condition", kConditionKeys);
        if (!fields) return fields.error();
        std::string_view key;
        for (const std::string_view name : {"all", "any", "not_all"}) {
            if (fields->find(name) == nullptr) continue;
            if (!key.empty()) key = "two of them";
            if (key.empty()) key = name;
        }
        if (key.empty() || key == "two of them") {
            return yaml_error(file_, node.mark,
                              "condition: expected text, or one of `all`, `any`, `not_all`");
        }
        rule.join = key == "all" ? Join::All : key == "any" ? Join::One : Join::NotAll;
        if (const auto ok = timeout(*fields, rule); !ok) return ok;
        const YamlNode& list = *fields->find(key);
        const std::size_t least = rule.join == Join::NotAll ? 2 : 1;
        if (!list.is_list() || list.items.size() < least || list.items.size() > kListMax) {
            return fields->wrong(list, key,
                                 fmt::format("a list of {} to {} conditions", least, kListMax));
        }
        std::vector<RuleCondition> parts;
        for (const YamlNode& item : list.items) {
            auto part = one_condition(item);
            if (!part) return part.error();
            parts.push_back(std::move(*part));
        }
        rule.condition = rule.join == Join::One ? RuleCondition::any_of(std::move(parts))
                                                : RuleCondition::all_of(std::move(parts));
        return Ok{};
    }

    Status timeout(const YamlFields& fields, Rule& rule) {
        const YamlNode* node = fields.find("timeout");
        if (node == nullptr && rule.join == Join::NotAll) return fields.require("timeout").error();
        if (node != nullptr && rule.join == Join::One) {
            return yaml_error(file_, node->mark, "timeout belongs to `all` and `not_all`");
        }
        return fields.take("timeout", rule.timeout, kWindowMin, kWindowMax);
    }

    Result<RuleCondition> one_condition(const YamlNode& node) {
        if (!node.is_text()) {
            return yaml_error(file_, node.mark, "condition: expected text, got {}",
                              name_of(node.kind));
        }
        auto parsed = RuleCondition::parse(node.text);
        if (!parsed) return yaml_error(file_, node.mark, "{}", parsed.error().text);
        return parsed;
    }

    Status throttle(const YamlFields& rule, Throttle& out) {
        const YamlNode* node = rule.find("throttle");
        if (node == nullptr) return Ok{};
        const auto fields = YamlFields::open(file_, *node, "throttle", kThrottleKeys);
        if (!fields) return fields.error();
        struct Row {
            std::string_view key;
            Throttle::Kind kind;
        };
        for (const Row& row : {Row{"once_within", Throttle::Kind::OnceWithin},
                               Row{"once_after", Throttle::Kind::OnceAfter},
                               Row{"accumulate_within", Throttle::Kind::AccumulateWithin}}) {
            if (fields->find(row.key) == nullptr) continue;
            if (out.kind != Throttle::Kind::None) {
                return yaml_error(file_, node->mark,
                                  "throttle: only one of once_within, "
                                  "once_after, accumulate_within");
            }
            out.kind = row.kind;
            const auto taken = fields->take(row.key, out.window, kWindowMin, kWindowMax);
            if (!taken) return taken;
        }
        if (out.kind == Throttle::Kind::None) {
            return yaml_error(file_, node->mark,
                              "throttle needs once_within, once_after or accumulate_within");
        }
        if (const auto ok = threshold(*fields, out); !ok) return ok;
        return group_by(*fields, out);
    }

    Status threshold(const YamlFields& fields, Throttle& out) {
        const bool wanted = out.kind == Throttle::Kind::AccumulateWithin;
        const YamlNode* node = fields.find("threshold");
        if (wanted && node == nullptr) return fields.require("threshold").error();
        if (!wanted && node != nullptr) {
            return yaml_error(file_, node->mark, "threshold belongs to accumulate_within");
        }
        return fields.take("threshold", out.threshold, 1, kRunsMaxPerWindow);
    }

    Status group_by(const YamlFields& fields, Throttle& out) {
        const auto list = fields.require("group_by_attributes");
        if (!list) return list.error();
        if (!(*list)->is_list() || (*list)->items.empty() || (*list)->items.size() > kListMax) {
            return fields.wrong(**list, "group_by_attributes", "a list such as [event.subject]");
        }
        for (const YamlNode& item : (*list)->items) {
            const std::string_view field = find_field(item.text);
            if (!item.is_text() || field.empty()) return unknown_field(file_, item);
            out.group_by.push_back(field);
        }
        return Ok{};
    }

    // `action: {run_playbook: ..}`, or `actions:` with exactly that one in its list.
    Status action(const YamlFields& rule_fields, Rule& rule) {
        const YamlNode* node = rule_fields.find("action");
        const YamlNode* list = rule_fields.find("actions");
        if ((node == nullptr) == (list == nullptr)) {
            return yaml_error(file_, rule_fields.node().mark, "a rule needs `action:`");
        }
        if (list != nullptr) {
            if (!list->is_list() || list->items.size() != 1) {
                return yaml_error(file_, list->mark,
                                  "actions: exactly one is supported; put more tasks into the "
                                  "playbook");
            }
            node = &list->items[0];
        }
        static constexpr std::array<std::string_view, 1> kActions{"run_playbook"};
        const auto fields = YamlFields::open(file_, *node, "action", kActions);
        if (!fields) return fields.error();
        const auto run = fields->require("run_playbook");
        if (!run) return run.error();
        return run_playbook(**run, rule);
    }

    Status run_playbook(const YamlNode& node, Rule& rule) {
        const auto fields = YamlFields::open(file_, node, "run_playbook", kPlaybookKeys);
        if (!fields) return fields.error();
        if (const auto ok = playbook(*fields, "name", rule.playbook); !ok) return ok;
        return extra_vars(*fields, rule);
    }

    static Status playbook(const YamlFields& fields, std::string_view key, std::string& out) {
        const auto node = fields.require(key);
        if (!node) return node.error();
        if (const auto ok = fields.take(key, out, kPlaybookNameMax); !ok) return ok;
        if (out.find('/') == std::string::npos && out[0] != '.' &&
            (out.ends_with(".yml") || out.ends_with(".yaml"))) {
            return Ok{};
        }
        return fields.wrong(**node, key, "a file name in playbooks/ that ends in .yml");
    }

    // Literal values. What is known of the incident is always passed as `event`.
    Status extra_vars(const YamlFields& fields, Rule& rule) {
        const YamlNode* node = fields.find("extra_vars");
        if (node == nullptr) return Ok{};
        if (!node->is_map() || node->entries.size() > kListMax) {
            return fields.wrong(*node, "extra_vars", "a mapping");
        }
        for (const YamlEntry& entry : node->entries) {
            if (entry.key == "event") {
                return yaml_error(file_, entry.key_mark, "extra_vars: `event` is the incident");
            }
            const YamlNode& value = entry.value;
            if (value.is_bool()) {
                rule.extra_vars.emplace_back(entry.key, value.boolean);
            } else if (value.is_int()) {
                rule.extra_vars.emplace_back(entry.key, value.integer);
            } else if (value.kind == YamlNode::Kind::Float) {
                rule.extra_vars.emplace_back(entry.key, value.number);
            } else if (value.is_text() && value.text.size() <= kExtraTextMax &&
                       value.text.find("{{") == std::string::npos) {
                rule.extra_vars.emplace_back(entry.key, value.text);
            } else {
                return fields.wrong(value, "extra_vars: " + entry.key,
                                    "a literal text, number, true or false (the incident is "
                                    "always there as `event`)");
            }
        }
        return Ok{};
    }

    Status limits(const YamlFields& rule, RuleLimits& out) {
        const YamlNode* node = rule.find("limits");
        if (node == nullptr) return Ok{};
        const auto fields = YamlFields::open(file_, *node, "limits", kLimitsKeys);
        if (!fields) return fields.error();
        for (auto [key, place] :
             {std::pair("per_hour", &out.per_hour), std::pair("per_day", &out.per_day)}) {
            std::uint32_t count = 0;
            if (const auto ok = fields->take(key, count, 1, kRunsMaxPerWindow); !ok) return ok;
            if (fields->find(key) != nullptr) *place = count;
        }
        Duration cooldown;
        const auto ok = fields->take("cooldown", cooldown, Duration{}, kWindowMax);
        if (ok && fields->find("cooldown") != nullptr) out.cooldown = cooldown;
        return ok;
    }

    Status verify(const YamlFields& rule, std::optional<Verify>& out) {
        const YamlNode* node = rule.find("verify");
        if (node == nullptr) return Ok{};
        const auto fields = YamlFields::open(file_, *node, "verify", kVerifyKeys);
        if (!fields) return fields.error();
        const auto metric = fields->require("metric");
        if (!metric) return metric.error();
        Verify verify;
        verify.metric = find_field((*metric)->text);
        if (!(*metric)->is_text() || verify.metric.empty()) return unknown_field(file_, **metric);
        const bool below = fields->find("below") != nullptr;
        if (below == (fields->find("above") != nullptr)) {
            return yaml_error(file_, node->mark, "verify needs one of `below`, `above`");
        }
        verify.below = below;
        const auto limit =
            fields->take(below ? "below" : "above", verify.limit, -kNumberMax, kNumberMax);
        if (!limit) return limit;
        if (const auto ok = fields->take("within", verify.within, seconds(1), hours(24)); !ok) {
            return ok;
        }
        out = verify;
        return Ok{};
    }

    Status undo(const YamlFields& rule, std::optional<Undo>& out) {
        const YamlNode* node = rule.find("undo");
        if (node == nullptr) return Ok{};
        const auto fields = YamlFields::open(file_, *node, "undo", kUndoKeys);
        if (!fields) return fields.error();
        Undo undo;
        if (const auto ok = playbook(*fields, "playbook", undo.playbook); !ok) return ok;
        const auto after = fields->take("after", undo.after, kUndoAfterMin, kUndoAfterMax);
        if (after) out = undo;
        return after;
    }

    Status restrain(const YamlFields& rule, std::optional<Restraint>& out) {
        const YamlNode* node = rule.find("restrain");
        if (node == nullptr) return Ok{};
        const auto fields = YamlFields::open(file_, *node, "restrain", kRestrainKeys);
        if (!fields) return fields.error();
        if (const auto there = fields->require("for"); !there) return there.error();
        Restraint restraint;
        auto ok = fields->take("for", restraint.length, kRestraintMin, kRestraintMax);
        if (!ok) return ok;
        for (auto [key, place] : {std::pair("cpu_weight", &restraint.cpu_weight),
                                  std::pair("io_weight", &restraint.io_weight)}) {
            std::uint32_t weight = 0;
            if (ok = fields->take(key, weight, 1, kWeightMax); !ok) return ok;
            if (fields->find(key) != nullptr) *place = weight;
        }
        double share = 0;
        if (ok = fields->take("memory_high", share, kMemoryHighMin, 1); !ok) return ok;
        if (fields->find("memory_high") != nullptr) restraint.memory_high = share;
        if (node->entries.size() == 1) {
            return yaml_error(file_, node->mark,
                              "restrain needs cpu_weight, io_weight or memory_high");
        }
        out = restraint;
        return Ok{};
    }

    static Status acts_on(const YamlFields& fields, Rule& rule) {
        const auto ok = fields.take("acts_on", rule.acts_on, kTargetNameMax);
        if (!ok || fields.find("acts_on") == nullptr) return ok;
        const bool known = rule.acts_on == kActsOnSubject || rule.acts_on == kActsOnCause ||
                           rule.acts_on == "host" || is_exact_unit(rule.acts_on) ||
                           is_exact_path(rule.acts_on);
        if (known) return Ok{};
        return fields.wrong(*fields.find("acts_on"), "acts_on",
                            "subject, cause, host, a unit's name or a mount point");
    }

    const std::string& file_;
    std::vector<Rule>& rules_;
};

}  // namespace

Status parse_rulebook(const std::string& file, std::string_view text, std::vector<Rule>& rules) {
    const std::size_t before = rules.size();
    auto read = RulebookReader(file, rules).read(text);
    if (!read) rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(before), rules.end());
    return read;
}

}  // namespace homeostat
