// What the owner's files come to, for a person: `homeostat-actuator --check`, `homeostat check`.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "actions/action_config.hpp"
#include "core/clock.hpp"
#include "core/root.hpp"
#include "core/spawner.hpp"

namespace homeostat {

struct ConfigReport {
    std::string text;        // lines: errors with their place first, then what each rule may do
    std::size_t errors = 0;  // 0: all files are fine
};

// Reads everything below `directory`, checks each allowed playbook against its entry, and looks for
// entries that no rule uses and rules that no entry allows. Starts nothing.
ConfigReport report_config(const std::string& directory, Trust trust, const Root& root,
                           const Clock& clock, Spawner& spawner);

// What of allow.yml does not fit the host it is read on: users that it does not have, programs that
// are missing or that others may change, paths that others lead elsewhere. Each begins with
// "DIRECTORY/allow.yml:LINE:COLUMN: ". `root` holds etc/passwd. None when there is no allow.yml.
std::vector<Error> unfit_for_host(const ActionConfig& config, const Root& root);

// Whether a rule is what this entry allows; without one it never acts.
bool has_rule(const ActionConfig& config, const AllowedAction& action);

// A sentence for each key that fleet.yml trusts for settings and allow.yml for actions: whoever may
// set a threshold may then bring rules. None when there is no fleet.yml.
std::vector<std::string> keys_for_both(const ActionConfig& config, Trust trust);

}  // namespace homeostat
