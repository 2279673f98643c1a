// Decision says what a rule wants done about an incident; ActionReport what came of it.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/incident.hpp"

namespace homeostat {

enum class ActionMode : std::uint8_t {
    Observe,    // say what would be done
    Recommend,  // wait for a person's approval
    Auto,       // do it, within the allow-list and the budgets
};

std::string_view name_of(ActionMode mode);

// What keeps the watcher from asking the actuator for an action.
enum class Guard : std::uint8_t {
    None,
    NoAllowList,  // this host has no allow.yml
    NotAllowed,   // allow.yml has no entry for it
    Grace,        // right after a start or a gap
    Storm,        // too many incidents at once
    Turn,         // other hosts of the fleet come first
};
inline constexpr std::size_t kGuards = 6;

// "no_allow_list", "not_allowed" and so on; "none".
std::string_view name_of(Guard guard);

// What an action did to what it had to move.
enum class Effect : std::uint8_t { Unknown, Helped, DidNotHelp, Worse };

// As action records tell it: "effective", "ineffective", "worse"; empty when unknown.
std::string_view name_of(Effect effect);

// Made by the watcher from the rules. `rule` is the rule's number in the rulebooks, `target` the
// number of the allow-list entry it would act on: only these numbers reach the actuator.
struct Decision {
    std::uint16_t rule = 0;
    std::uint16_t target = 0;
    ActionMode mode = ActionMode::Observe;
    FixedString<63> rule_name;
    FixedString<63> playbook;
    FixedString<127> target_name;  // when it is not the incident's subject
    bool allowed = false;
    Guard guard = Guard::None;  // which one refused
    bool last_rung = true;      // no harder remedy comes after this one
    FixedString<159> why;       // the same in words, or why it is allowed
};

// What the actuator answers.
struct ActionReport {
    IncidentId incident;
    FixedString<63> rule;
    FixedString<63> playbook;
    FixedString<15> mode;
    bool reached = true;   // false: the actuator did not answer, so nothing was decided there
    bool ran = false;      // false: refused, or not reached
    bool failed = false;   // a task failed, or it was killed at its time limit
    bool waiting = false;  // refused only because a person has not approved it yet
    bool undone = false;   // what it tells is that an action was taken back, or could not be
    Effect effect = Effect::Unknown;  // by what the actuator itself saw before and after
    bool unknown = false;             // it was asked and did not answer: the action may have run
    std::uint32_t ok = 0;             // the playbook's totals
    std::uint32_t changed = 0;
    std::uint32_t failures = 0;
    FixedString<159> detail;     // refusal, first failure, or what was done
    FixedString<63> audit_head;  // the audit log's newest line after it; empty: not told
};

}  // namespace homeostat
