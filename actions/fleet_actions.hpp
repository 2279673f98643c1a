// What a bundle's rules, playbooks and approvals become on a host: a layer on top of the owner's
// files, below the ceiling of allow.yml (docs/decisions/0012).
//
// Both processes do this with the same bundle and come to the same numbers and hash. Who may have
// signed it is judged before: by the watcher's keeper and, for itself, by the actuator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action_config.hpp"
#include "actions/sha256.hpp"
#include "core/result.hpp"

namespace homeostat {

// Adds them behind the owner's rules, whose numbers stay. Nothing is added on an error, which
// begins with "bundle prod 7: rules/NAME:LINE:COLUMN: ": a rule or playbook of the owner's that
// would be replaced, a ladder that names the owner's rules, a playbook that is nowhere.
// `errors`, when given, receives every one of them.
Status add_fleet_actions(ActionConfig& config, const Bundle& bundle, const HostFacts& host,
                         std::vector<Error>* errors = nullptr);

// The hash of both: `owners_hash` is that of the owner's files, `digest` the bundle's.
std::uint64_t hash_with(std::uint64_t owners_hash, const Sha256Hex& digest);

// Takes away what was added: the owner's files alone are left.
void drop_fleet_actions(ActionConfig& config);

// The text of the rule's playbook when a bundle brought it; null: the owner's file in playbooks/.
const std::string* fleet_playbook(const ActionConfig& config, const Rule& rule);
// The same of another playbook of that rule, such as the one that undoes it.
const std::string* fleet_playbook(const ActionConfig& config, const Rule& rule,
                                  std::string_view playbook);

// Where the playbook is written: the owner's file, or a name in a bundle, for messages.
std::string playbook_place(const ActionConfig& config, const Rule& rule);
std::string playbook_place(const ActionConfig& config, const Rule& rule, std::string_view playbook);

// Whether the approval is for this rule, target and incident, at this time.
bool covers(const BundleApproval& approval, const Rule& rule, std::string_view target,
            std::string_view incident, std::int64_t unix_ns);

}  // namespace homeostat
