#include "agent/metrics_address.hpp"

#include <sys/un.h>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::size_t kSocketPathMax = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::uint64_t kPortMax = 65535;

}  // namespace

Result<MetricsAddress> parse_metrics_address(std::string_view text) {
    MetricsAddress address;
    if (text.starts_with(kUnix)) {
        address.socket = text.substr(kUnix.size());
        if (address.socket.starts_with('/') && address.socket.size() <= kSocketPathMax &&
            address.socket.find('\0') == std::string::npos) {
            return address;
        }
        return make_error(Errc::Invalid,
                          "expected unix: and an absolute path of at most {} bytes, got '{}'",
                          kSocketPathMax, text);
    }
    const auto colon = text.rfind(':');
    const std::string_view host = text.substr(0, colon);
    const auto port =
        colon == std::string_view::npos ? std::nullopt : parse_u64(text.substr(colon + 1));
    if (port && *port <= kPortMax && (host == "127.0.0.1" || host == "[::1]")) {
        address.host = host == "[::1]" ? "::1" : "127.0.0.1";
        address.port = static_cast<std::uint16_t>(*port);
        return address;
    }
    return make_error(Errc::Invalid,
                      "expected 127.0.0.1:PORT, [::1]:PORT or unix:/PATH (this host only), got "
                      "'{}'",
                      text);
}

}  // namespace homeostat
