#include "agent/uplink/redirect.hpp"

#include <algorithm>

namespace homeostat {
namespace {

constexpr std::size_t kLocationMax = 2048;

struct Origin {
    std::string scheme;
    std::string host;
    std::string port;

    bool operator==(const Origin& other) const {
        return scheme == other.scheme && host == other.host && port == other.port;
    }
};

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

std::string_view default_port(std::string_view scheme) {
    return scheme == "https" ? "443" : "80";
}

std::optional<Origin> origin_of(std::string_view url) {
    const auto colon = url.find("://");
    if (colon == std::string_view::npos) return std::nullopt;
    Origin origin{.scheme = lower(url.substr(0, colon)), .host = {}, .port = {}};
    if (origin.scheme != "http" && origin.scheme != "https") return std::nullopt;
    const std::string_view rest = url.substr(colon + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#\\"));
    if (authority.empty() || authority.find('@') != std::string_view::npos) return std::nullopt;
    const auto bracket = authority.rfind(']');
    const auto port = authority.rfind(':');
    const bool has_port =
        port != std::string_view::npos && (bracket == std::string_view::npos || port > bracket);
    origin.host = lower(has_port ? authority.substr(0, port) : authority);
    origin.port = has_port ? authority.substr(port + 1) : default_port(origin.scheme);
    return origin;
}

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; });
}

}  // namespace

std::optional<std::string> redirect_target(int status, std::string_view url,
                                           std::string_view location) {
    if (status != 307 && status != 308) return std::nullopt;
    if (location.empty() || location.size() > kLocationMax || !is_plain(location)) {
        return std::nullopt;
    }
    const auto from = origin_of(url);
    if (!from) return std::nullopt;
    std::string target(location);
    if (location.starts_with("//")) {
        target = from->scheme + ":" + target;
    } else if (location.front() == '/') {
        const auto path = url.find_first_of("/?#", url.find("://") + 3);
        target = std::string(url.substr(0, path)) + target;
    }
    const auto to = origin_of(target);
    if (!to || !(*to == *from)) return std::nullopt;
    return target.substr(0, target.find('#'));
}

}  // namespace homeostat
