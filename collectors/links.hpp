// LinksCollector reads /sys/class/net: whether each link is up, how often it changed, how fast it
// is.
//
// Source: Documentation/ABI/testing/sysfs-class-net. Interfaces that are switched off have no
// carrier to speak of, and virtual ones no speed: both are left out.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class LinksCollector final : public Collector {
public:
    static constexpr std::uint32_t kInterfacesMax = 64;

    explicit LinksCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
