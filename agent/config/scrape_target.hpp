// An address as `targets` of scrape_configs has it: "host:port", "host", "[::1]:9100".
#pragma once

#include <string_view>

#include "core/result.hpp"

namespace homeostat {

// Errc::Invalid says what is wrong: a scheme, a path or credentials where a server's address is
// expected (they have keys of their own), no port from 1 to 65535, signs that no host name has.
Status check_target(std::string_view target);

}  // namespace homeostat
