// BondingCollector reads how many members of each bond carry traffic.
//
// Source: Documentation/networking/bonding.rst, /proc/net/bonding/BOND.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

struct BondMembers {
    std::uint32_t all = 0;
    std::uint32_t down = 0;  // those whose own link is not up
};

// /proc/net/bonding/BOND. Errc::Parse when a member has no status, or the text is of another kind.
Result<BondMembers> parse_bonding(std::string_view text);

class BondingCollector final : public Collector {
public:
    explicit BondingCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable on a host without bonds.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
