// ConntrackCollector reads how full the kernel's table of tracked connections is, and what it
// loses.
//
// Sources: Documentation/networking/nf_conntrack-sysctl.rst,
// net/netfilter/nf_conntrack_standalone.c.
#pragma once

#include <optional>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// The sum of a column of /proc/net/stat/*: names in the first line, one line of hexadecimal numbers
// for each core. Nothing when there is no such column or a line is too short.
std::optional<std::uint64_t> sum_stat_column(std::string_view text, std::string_view column);

class ConntrackCollector final : public Collector {
public:
    explicit ConntrackCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when connections are not tracked.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
