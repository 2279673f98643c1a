// What is in force on a host: the owner's files, with a bundle on top.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actions/bundle.hpp"
#include "agent/config/load_config.hpp"

namespace homeostat {

// `bundle` may be null. Errors: as load_settings, and when the bundle would take what is the
// owner's to another address (ceiling.hpp, check_addresses).
Result<Settings> load_settings_with(const std::string& directory, const Bundle* bundle,
                                    std::vector<Error>& errors);

}  // namespace homeostat
