// ActionConfig is all that the owner has written about actions, as both processes read it:
// DIR/rules/*.yml in the order of their names, DIR/allow.yml, and the names in DIR/playbooks/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actions/allow_list.hpp"
#include "actions/rulebook.hpp"
#include "core/result.hpp"

namespace homeostat {

// Who may have written a file for it to be believed.
enum class Trust : std::uint8_t {
    OwnerOnly,  // actions/trusted_file.hpp: what the actuator insists on
    Anyone,     // the watcher's view, which decides nothing by itself
};

struct ActionConfig {
    std::vector<Rule> rules;  // a rule's number is its place here
    AllowList allow_list;
    bool has_allow_list = false;  // false: the file is missing, nothing is allowed

    // Tells both sides that they mean the same by "rule 3, target 1". Covers every byte of the
    // rules and the allow-list.
    std::uint64_t hash = 0;

    std::string directory;
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
