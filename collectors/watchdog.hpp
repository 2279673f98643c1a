// WatchdogCollector reads the hardware watchdogs: whether they are armed, and how near their end
// is.
//
// Source: Documentation/ABI/testing/sysfs-class-watchdog. Reading never keeps one alive.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class WatchdogCollector final : public Collector {
public:
    explicit WatchdogCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable without watchdogs.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
