// A rule that asks for a kind of incident that no incident can have never does anything, and nobody
// notices: a typing error in `event.kind == "service_faild"` is an error, like one in a key.
#pragma once

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

}  // namespace homeostat
