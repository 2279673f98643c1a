// Rule: what the owner of this host wants done about which incidents, as one entry of a rulebook
// says it (rulebook.hpp reads them; docs/rules.md is the manual).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "actions/condition.hpp"
#include "actions/restraint.hpp"
#include "core/decision.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

inline constexpr std::size_t kRulesMax = 256;    // over all files
inline constexpr std::size_t kRuleNameMax = 63;  // what a Decision carries
inline constexpr std::size_t kRungsMax = 8;      // of one ladder, above its first

// How often a matching rule may come to a decision, per group of equal attributes.
struct Throttle {
    enum class Kind : std::uint8_t {
        None,
        OnceWithin,        // at once, then not again within the window
        OnceAfter,         // once, when the window after the first match is over
        AccumulateWithin,  // once `threshold` matches came within the window
    };
    Kind kind = Kind::None;
    Duration window;
    std::uint32_t threshold = 0;
    std::vector<std::string_view> group_by;  // fields of the incident
};

// Whether one incident has to answer the whole condition (`any` and plain text), or its parts may
// be held by different ones (joins.hpp).
enum class Join : std::uint8_t { One, All, NotAll };

// What the rule's author asks for; the allow-list can only tighten it.
struct RuleLimits {
    std::optional<std::uint32_t> per_hour;
    std::optional<std::uint32_t> per_day;
    std::optional<Duration> cooldown;
};

// The effect the action must have: `metric` of the incident's subject, or a field of the incident,
// on the right side of `limit` within the time.
struct Verify {
    std::string metric;  // "value" for event.value, or another field's name
    bool below = true;   // false: above
    double limit = 0;
    Duration within = seconds(120);
};

// What takes the action back.
struct Undo {
    std::string playbook;
    Duration after;  // by itself, so long after the run has begun; nought: only when asked for
};
inline constexpr Duration kUndoAfterMin = minutes(1);
inline constexpr Duration kUndoAfterMax = hours(168);

// What a rule acts on: the incident's subject, the unit of the process that is likeliest to blame
// for it, or one named target (a unit, a mount point, `host`), whatever the incident is about.
inline constexpr std::string_view kActsOnSubject = "subject";
inline constexpr std::string_view kActsOnCause = "cause";

using ExtraValue = std::variant<bool, std::int64_t, double, std::string>;

struct Rule {
    std::string name;
    std::string ruleset;
    std::string playbook;  // a file name in playbooks/, no directories
    std::string file;      // where it is written, for messages
    int line = 0;
    bool enabled = true;
    bool from_fleet = false;  // a bundle brought it (actions/fleet_actions.hpp)
    ActionMode mode = ActionMode::Observe;
    RuleCondition condition;
    Join join = Join::One;
    Duration timeout;  // of All and NotAll: how long the parts may be apart
    Throttle throttle;
    RuleLimits limits;
    std::optional<Verify> verify;
    std::optional<Undo> undo;
    std::optional<Restraint> restrain;  // of the target, a unit, when the playbook has run
    std::string acts_on{kActsOnSubject};
    std::vector<std::string> ladder;     // as written: the rules to try next, the gentlest first
    std::vector<std::uint16_t> rungs;    // ... by their numbers; resolve_ladders()
    std::optional<std::uint16_t> below;  // on whose failure this rule waits; nothing: on none
    std::vector<std::pair<std::string, ExtraValue>> extra_vars;  // literal values only

    // What this rule acts on when that incident calls for it; nothing when `cause` is asked for and
    // nobody knows the unit to blame.
    [[nodiscard]] std::optional<Subject> target_for(const Incident& incident) const;
};

// Turns the names of all ladders into numbers, when all files are read. A rule is on one ladder at
// most, and what is on a ladder has none of its own, so nothing goes round in a circle.
Status resolve_ladders(std::vector<Rule>& rules);

}  // namespace homeostat
