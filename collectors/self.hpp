// SelfCollector reads /proc/self: what Homeostat itself costs. Source: proc_pid_stat(5).
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class SelfCollector final : public Collector {
public:
    explicit SelfCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile file_{"proc/self/stat"};
};

}  // namespace homeostat
