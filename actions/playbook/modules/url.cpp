#include "actions/playbook/modules/url.hpp"

#include <algorithm>

#include "actions/playbook/utf8.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

// The host of "host", "host:80", "[::1]:80"; empty when it makes no sense.
std::string_view host_of(std::string_view authority) {
    std::string_view port;
    std::string_view host = authority;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return {};
        host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
    } else if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
        host = authority.substr(0, colon);
        port = authority.substr(colon);
    }
    if (port.empty()) return host;
    const auto number = parse_u64(port.substr(1));
    return port[0] == ':' && number && *number > 0 && *number <= 65535 ? host : std::string_view{};
}

}  // namespace

Result<UrlParts> split_url(std::string_view url) {
    const auto scheme_end = url.find("://");
    const std::string_view scheme = url.substr(0, scheme_end);
    if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
        return make_error(Errc::Invalid, "'{}' does not begin with http:// or https://", url);
    }
    const bool plain = std::all_of(url.begin(), url.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte != 0x7F && c != '\\';
    });
    const std::string_view rest = url.substr(scheme_end + 3);
    const auto authority_end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    const std::string_view host = host_of(authority);
    if (!plain || host.empty() || authority.find('@') != std::string_view::npos) {
        return make_error(Errc::Invalid, "'{}' is not a URL that is accepted", url);
    }
    return UrlParts{.origin = std::string(url.substr(0, scheme_end + 3 + authority_end)),
                    .host = to_lower(host),
                    .path = std::string(rest.substr(authority_end))};
}

bool is_loopback(std::string_view host) {
    if (host == "localhost" || host == "::1") return true;
    std::string_view rest = host;
    for (int part = 0; part < 4; ++part) {
        const auto dot = part < 3 ? rest.find('.') : rest.size();
        if (dot == std::string_view::npos) return false;
        const auto number = parse_u64(rest.substr(0, dot));
        if (!number || *number > 255 || (part == 0 && *number != 127)) return false;
        rest = part < 3 ? rest.substr(dot + 1) : std::string_view{};
    }
    return true;
}

Result<std::string> resolve_location(std::string_view url, std::string_view location) {
    if (location.find("://") != std::string_view::npos) return std::string(location);
    const auto parts = split_url(url);
    if (!parts) return parts.error();
    if (location.starts_with("//")) {
        return std::string(url.substr(0, url.find("//"))) + std::string(location);
    }
    if (location.starts_with('/')) return parts->origin + std::string(location);
    const std::string path = parts->path.substr(0, parts->path.find_first_of("?#"));
    return parts->origin + path.substr(0, path.rfind('/') + 1) +
           (path.find('/') == std::string::npos ? "/" : "") + std::string(location);
}

}  // namespace homeostat::playbook
