// MemoryErrorsCollector reads /sys/devices/system/edac: memory errors corrected and not.
//
// Source: Documentation/driver-api/edac.rst, Documentation/admin-guide/ras.rst.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class MemoryErrorsCollector final : public Collector {
public:
    explicit MemoryErrorsCollector(Workbench& bench) : bench_(bench) {}
    // Summed over memory controllers. Errc::NotAvailable when none reports.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
