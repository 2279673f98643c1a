// From a run order to the playbook engine and back: the entry's policy, the variables, the totals.
#pragma once

#include <string_view>

#include "actions/action_runner.hpp"
#include "core/clock.hpp"
#include "core/root.hpp"
#include "core/spawner.hpp"

namespace homeostat {

inline constexpr std::size_t kPlaybookBytesMax = 64UL * 1024;  // reliability rule B10

// Runs the playbook in this process: what the child of a ForkedRunner does. It is told of the
// incident as `event` (subject, incident_id, rule), and the rule's extra_vars. Errc::NotFound: the
// entry's `owners` names nobody of this host. No file younger than `age_floor` is deleted.
Result<RunOutcome> run_in_process(const RunOrder& order, std::string_view playbook_text,
                                  const Root& root, const Clock& clock, Spawner& spawner,
                                  Duration age_floor = kAgeFloor);

// Would the playbook be accepted for this rule, entry and target? Nothing runs.
Status check_order(const RunOrder& order, std::string_view playbook_text, const Root& root,
                   const Clock& clock, Spawner& spawner);

}  // namespace homeostat
