// The one user besides root who may ask the actuator, as the allow-list names it.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"
#include "core/root.hpp"

namespace homeostat {

// The uid of a user by number or by name in the text of /etc/passwd (passwd(5)).
Result<std::uint32_t> find_uid(std::string_view user, std::string_view passwd);

// The same with the host's own /etc/passwd. NotFound if it has no such user.
Result<std::uint32_t> find_watcher_uid(std::string_view user, const Root& root);

}  // namespace homeostat
