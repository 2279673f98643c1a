// TimexCollector reports how well the kernel's clock is steered.
//
// Asks the workbench's ClockDiscipline, which stands for adjtimex(2). An unsynchronised clock lies
// to people and certificates; our own intervals never depend on it.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class TimexCollector final : public Collector {
public:
    explicit TimexCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when the workbench has no ClockDiscipline.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
