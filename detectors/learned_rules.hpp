// LearnedRules: when what a learned model finds odd is more than notable.
//
// That a series is unlike itself harms nobody. It opens an incident when three things come
// together: it has been odd for a while, by an amount that matters on any host, and somebody
// suffers by the kernel's own account: tasks wait, packets are dropped, requests get lost.
// Everything else that is learned joins incidents and never opens one.
#pragma once

#include <optional>
#include <span>

#include "core/finding.hpp"
#include "core/function_ref.hpp"
#include "detectors/catalogue.hpp"

namespace homeostat {

struct LearnedRule {
    std::string_view metric;
    std::string_view incident;  // the kind that it opens
    double effect_min = 0;      // away from what is usual, in the metric's own unit
    bool rises = true;          // the way that hurts
    Witness witness;
    Witness witness_or = {};
    Witness stands_in = {};  // counts only where neither of the two is known
};

// How long it must have been odd: more than one window of the models.
inline constexpr Duration kLearnedConfirm = seconds(60);

std::span<const LearnedRule> learned_rules();

// The rule that this finding of a learned model meets in all but the witness, or null.
const LearnedRule* find_learned_rule(const Finding& finding);

// Answers whether a witness holds now, near this subject; nothing: it is not measured.
using Testimony = FunctionRef<std::optional<bool>(const Witness&, const Subject&)>;

// Whether somebody suffers, as the rule asks for it.
bool is_witnessed(const LearnedRule& rule, const Subject& subject, Testimony testimony);

}  // namespace homeostat
