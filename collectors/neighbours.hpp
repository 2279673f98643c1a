// NeighboursCollector reads how full the kernel's tables of neighbours (ARP, NDP) are.
//
// A full table makes new neighbours unreachable, which looks like a network fault. Sources:
// Documentation/networking/ip-sysctl.rst (neigh/default/gc_thresh3), net/core/neighbour.c.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// The first number of a column of /proc/net/stat/*: every core's line repeats the table's size.
std::optional<std::uint64_t> first_stat_column(std::string_view text, std::string_view column);

class NeighboursCollector final : public Collector {
public:
    explicit NeighboursCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when neither table is there.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
