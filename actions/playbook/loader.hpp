// Loader turns the text of a playbook into a Play, or refuses it: everything that is unknown, of
// the wrong kind or forbidden by the policy is found here, before anything runs.
#pragma once

#include <string>
#include <string_view>

#include "actions/playbook/environment.hpp"
#include "actions/playbook/play.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

// The error is "FILE:LINE:COLUMN: reason". `extra_variables` counts by its names only.
Result<Play> load_play(std::string_view text, const std::string& file, const Map& extra_variables,
                       const Environment& environment);

// A name that a variable may have: letters, digits and '_', not first a digit or '_', and none of
// the words that mean something already.
bool is_variable_name(std::string_view name);

}  // namespace homeostat::playbook
