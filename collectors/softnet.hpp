// SoftnetCollector reads /proc/net/softnet_stat: packets that the processors could not keep up
// with.
//
// Source: net/core/net-procfs.c. One line a core, hexadecimal: processed, dropped (the backlog was
// full), squeezed (time was up with work left), ...
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// Summed over cores.
struct SoftnetCounts {
    std::uint64_t processed = 0;
    std::uint64_t dropped = 0;
    std::uint64_t squeezed = 0;
};

// Errc::Parse when there is no line, or one without three hexadecimal numbers.
Result<SoftnetCounts> parse_softnet(std::string_view text);

class SoftnetCollector final : public Collector {
public:
    explicit SoftnetCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile file_{"proc/net/softnet_stat"};
};

}  // namespace homeostat
