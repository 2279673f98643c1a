// A rule that asks for a kind of incident that no incident can have never does anything, and nobody
// notices: a typing error in `event.kind == "service_faild"` is an error, like one in a key.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "actions/action_config.hpp"
#include "core/result.hpp"
#include "detectors/catalogue.hpp"

namespace homeostat {

// One error for each unknown kind, "FILE:LINE: ... (did you mean ...?)". Known are the kinds of the
// incident engine and those that `conditions`, the stock's and the owner's own, open incidents
// with.
std::vector<Error> unknown_rule_kinds(const ActionConfig& actions,
                                      std::span<const Condition> conditions);

// The same for what a silence names: a kind, or the name of a condition, a forecast or of what is
// learned. Errc::NotFound, with the nearest one.
Status check_kind_or_condition(std::string_view name, std::span<const Condition> conditions);

}  // namespace homeostat
