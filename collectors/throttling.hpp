// ThrottlingCollector reads how often processors slowed down because they were too hot.
//
// Source: arch/x86/kernel/cpu/mce/therm_throt.c (/sys/devices/system/cpu/cpuN/thermal_throttle).
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class ThrottlingCollector final : public Collector {
public:
    explicit ThrottlingCollector(Workbench& bench) : bench_(bench) {}
    // Summed over cores, of each its own count and its package's. Errc::NotAvailable on hardware
    // that does not count it (virtual machines, other architectures).
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
