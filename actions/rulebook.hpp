// Rulebook: what the owner of this host wants done about which incidents.
//
// The files are written in the syntax of ansible-rulebook: a list of rulesets, each with rules of
// `name`, `condition`, `throttle`, `action: run_playbook`. Our own keys of a rule are `mode`,
// `limits`, `verify`, `undo`, `restrain`, `acts_on`, `ladder` and `enabled`; docs/rules.md is the
// manual. `sources` must be well-formed and is otherwise ignored: the source of events is Homeostat
// itself.
//
// Both processes read the same files in the same order, so a rule is known by its number. Whatever
// is not understood is refused when the file is loaded, as FILE:LINE:COLUMN: reason.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/rule.hpp"

namespace homeostat {

inline constexpr std::size_t kRulebookBytesMax = 64UL * 1024;  // reliability rule B10

// Appends the rules of one file. An error text begins with "FILE:LINE:COLUMN: ".
Status parse_rulebook(const std::string& file, std::string_view text, std::vector<Rule>& rules);

}  // namespace homeostat
