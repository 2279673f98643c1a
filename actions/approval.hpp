// Approval: what a person's `homeostat approve` asks of the actuator.
//
// The person's command line speaks to the actuator itself, as root: the watcher has no part in it
// and cannot forge it. What is approved is named by the same numbers as in any request, so the
// actuator checks an approval as it checks everything else.
#pragma once

#include <string_view>

#include "actions/action_config.hpp"
#include "actions/actuator_protocol.hpp"
#include "core/incident.hpp"
#include "core/result.hpp"

namespace homeostat {

// The request that runs now what the incident waits for: its newest action in mode recommend.
// Errc::NotFound when it waits for nothing, or when the files no longer hold that rule or target.
Result<ActionRequest> approval_of(const ActionConfig& config, const Incident& incident);

// The request that allows a rule on a target in advance, for so long; nought withdraws it.
// `target` is written as in allow.yml. Errc::NotFound names what is missing.
Result<ActionRequest> approval_in_advance(const ActionConfig& config, std::string_view rule,
                                          std::string_view target, Duration length);

}  // namespace homeostat
