// Redirects that are safe to follow: 307 and 308, which keep method and body, within one origin.
//
// Anywhere else a redirect would carry credentials and incidents to a server that the owner of the
// node has not named (RFC 9110, 15.4.8 and 15.4.9; RFC 6454, 5 for what an origin is).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace homeostat {

// Where to ask again, as an absolute URL; nothing for any other status, for another scheme, host or
// port, and for a Location that is no URL. `location` may be absolute, "//host/path" or "/path".
std::optional<std::string> redirect_target(int status, std::string_view url,
                                           std::string_view location);

}  // namespace homeostat
