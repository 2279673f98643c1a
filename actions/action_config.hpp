// ActionConfig is all that the owner has written about actions, as both processes read it:
// DIR/rules/*.yml in the order of their names, DIR/allow.yml, and the names in DIR/playbooks/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actions/allow_list.hpp"
#include "actions/bundle.hpp"
#include "actions/rulebook.hpp"
#include "core/result.hpp"

namespace homeostat {

// Who may have written a file for it to be believed.
enum class Trust : std::uint8_t {
    OwnerOnly,  // actions/trusted_file.hpp: what the actuator insists on
    Anyone,     // the watcher's view, which decides nothing by itself
};

// What a bundle of the fleet adds to the owner's files (actions/fleet_actions.hpp).
struct FleetOrders {
    std::string name;  // "bundle prod 7"; empty: nothing
    std::vector<BundleFile> playbooks;
    std::vector<BundleApproval> approvals;  // that are for this host, and are allowed to count
    std::size_t owners_rules = 0;           // what was there before: the first so many rules,
    std::uint64_t owners_hash = 0;          // and their hash
};

struct ActionConfig {
    std::vector<Rule> rules;  // a rule's number is its place here
    AllowList allow_list;
    bool has_allow_list = false;  // false: the file is missing, nothing is allowed

    // Tells both sides that they mean the same by "rule 3, target 1". Covers every byte of the
    // rules, the allow-list and the bundle that brought more.
    std::uint64_t hash = 0;

    std::string directory;
    FleetOrders fleet;

    // The end of the bundle that is in force, with or without actions: from then on everything is
    // only observed (docs/decisions/0012).
    std::int64_t stale_from_unix_ns = INT64_MAX;
};

// Missing directories and a missing allow.yml are normal: no rules, nothing allowed. Any file that
// cannot be believed or understood fails the whole, with its name, line and column: rules are
// numbered, and a gap would change what the numbers mean. `errors`, when given, receives every
// failure instead of the first one only.
Result<ActionConfig> load_action_config(const std::string& directory, Trust trust,
                                        std::vector<Error>* errors = nullptr);

// The directory itself. A default one that is missing is normal, one that somebody named must be
// there: a typing error must not pass for "nothing is configured". Errc::NotFound, Errc::Invalid
// when it is something else than a directory, Errc::Denied.
Status check_config_directory(const std::string& directory, bool must_exist);

}  // namespace homeostat
