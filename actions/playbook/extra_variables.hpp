// Extra variables from a command line: `-e NAME=VALUE`, `-e @FILE.json`.
#pragma once

#include <string>
#include <vector>

#include "actions/playbook/value.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

// Later ones win. NAME=VALUE gives text, several may stand in one argument as in Ansible; an
// argument that begins with '{' is JSON itself; a file holds one JSON object.
Result<Map> read_extra_variables(const std::vector<std::string>& arguments);

}  // namespace homeostat::playbook
