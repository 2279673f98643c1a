// PowerSupplyCollector reads mains adapters, batteries and the UPSes that the kernel knows.
//
// Source: Documentation/ABI/testing/sysfs-class-power. Batteries of mice and the like (scope
// Device) are nobody's power supply and are left out.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class PowerSupplyCollector final : public Collector {
public:
    explicit PowerSupplyCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable without power supplies in /sys.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
