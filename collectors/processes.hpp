// ProcessesCollector makes one pass over all processes and reports how many there are.
//
// The pass fills the workbench's ProcessTable, which names culprits when an incident asks. It is
// the dearest of the collectors: a list of /proc costs some 0.3 ms and each process 20 us, so it
// runs every few seconds only.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class ProcessesCollector final : public Collector {
public:
    explicit ProcessesCollector(Workbench& bench) : bench_(bench) {}
    // Errc::Denied when other users' processes are hidden from us: the counts are then unknown, and
    // the table holds what we may see.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
