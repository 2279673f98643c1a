// RoutesCollector reads whether the host still has a default route, for IPv4 and for IPv6.
//
// Sources: proc_net(5) on /proc/net/route, net/ipv6/route.c on /proc/net/ipv6_route.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// Default routes that lead somewhere, in /proc/net/route. Nothing for another kind of text.
std::optional<std::uint32_t> count_default_routes_ipv4(std::string_view text);

// The same in /proc/net/ipv6_route, which always holds refusals on lo; an empty one has none.
std::optional<std::uint32_t> count_default_routes_ipv6(std::string_view text);

class RoutesCollector final : public Collector {
public:
    explicit RoutesCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when neither table is there.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
