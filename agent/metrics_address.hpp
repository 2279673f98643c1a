// MetricsAddress says where /metrics listens: on this host only.
//
//     127.0.0.1:9109   [::1]:9109   unix:/run/homeostat/metrics.sock
//
// Other addresses are refused: the page has no password, and a root-near agent opens no door to the
// network. A reverse proxy with TLS is the way in from elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

struct MetricsAddress {
    std::string host;  // "127.0.0.1" or "::1"; empty for a unix socket
    std::uint16_t port = 0;
    std::string socket;  // absolute path, or empty
};

// Errc::Invalid with what was expected and what was given. Port 0 lets the kernel choose.
Result<MetricsAddress> parse_metrics_address(std::string_view text);

}  // namespace homeostat
