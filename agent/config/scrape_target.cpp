#include "agent/config/scrape_target.hpp"

#include <algorithm>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kHostBytesMax = 253;  // of a name in the DNS (RFC 1035, 2.3.4)
constexpr std::uint64_t kPortMax = 65'535;

bool is_host_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

bool is_address_letter(char c) {  // of IP version 6, with a zone behind a percent sign
    return is_host_letter(c) || c == ':' || c == '%';
}

// Cuts the port off, when there is one.
bool take_port(std::string_view& rest) {
    const auto bracket = rest.rfind(']');
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
        return true;
    }
    const auto port = parse_u64(rest.substr(colon + 1));
    rest = rest.substr(0, colon);
    return port && *port > 0 && *port <= kPortMax;
}

}  // namespace

Status check_target(std::string_view target) {
    const auto refused = [target](std::string_view why) {
        return make_error(Errc::Invalid, "target '{}': {}", target.substr(0, 60), why);
    };
    if (target.find("://") != std::string_view::npos) {
        return refused("expected host:port without a scheme; `scheme` is a key of its own");
    }
    if (target.find_first_of("/?#") != std::string_view::npos) {
        return refused("expected host:port without a path; `metrics_path` is a key of its own");
    }
    if (target.find('@') != std::string_view::npos) {
        return refused("expected host:port; credentials belong into `basic_auth`");
    }
    std::string_view host = target;
    if (!take_port(host)) return refused("expected a port from 1 to 65535");
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const bool good =
        !host.empty() && host.size() <= kHostBytesMax &&
        std::all_of(host.begin(), host.end(), bracketed ? is_address_letter : is_host_letter);
    if (!good) return refused("expected a host name or an address; version 6 in brackets");
    return Ok{};
}

}  // namespace homeostat
