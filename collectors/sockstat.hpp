// SockstatCollector reads /proc/net/sockstat: how many sockets there are and what memory they hold.
//
// Source: net/ipv4/proc.c.
#pragma once

#include <optional>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

struct SocketCounts {
    std::optional<std::uint64_t> used;
    std::optional<std::uint64_t> tcp_in_use;
    std::optional<std::uint64_t> tcp_orphans;
    std::optional<std::uint64_t> tcp_time_wait;
    std::optional<std::uint64_t> tcp_memory_pages;
    std::optional<std::uint64_t> udp_in_use;
};

// Errc::Parse without the line "sockets: used N".
Result<SocketCounts> parse_sockstat(std::string_view text);

class SockstatCollector final : public Collector {
public:
    explicit SockstatCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile file_{"proc/net/sockstat"};
};

}  // namespace homeostat
