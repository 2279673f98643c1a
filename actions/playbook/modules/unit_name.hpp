// Names and properties of systemd's units, as text.
#pragma once

#include <string>
#include <string_view>

#include "actions/playbook/value.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

// The name with a suffix: ".service" is added to one without. Errc::Invalid for anything but
// letters, digits and : _ . @ \ -, and for a name that begins with '-'.
Result<std::string> unit_name(std::string_view name);

// The lines "Name=value" of `systemctl show`.
Map parse_unit_properties(std::string_view text);

}  // namespace homeostat::playbook
