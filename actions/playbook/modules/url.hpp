// The parts of a URL that decide whether it may be asked.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace homeostat::playbook {

struct UrlParts {
    std::string origin;  // "http://host:port", as written
    std::string host;    // lower case, without brackets
    std::string path;    // with the query; begins with '/' or is empty
};

// http or https only, without user and password. Errc::Invalid.
Result<UrlParts> split_url(std::string_view url);

// localhost, 127.0.0.0/8 or ::1, by the text alone: no name is looked up.
bool is_loopback(std::string_view host);

// Where a Location header points, seen from `url`.
Result<std::string> resolve_location(std::string_view url, std::string_view location);

}  // namespace homeostat::playbook
