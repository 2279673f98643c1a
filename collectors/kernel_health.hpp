// KernelHealthCollector reads the kernel's own counts of its troubles: oopses, warnings, lock-ups,
// hung tasks, stalls, and its taint.
//
// Sources: Documentation/admin-guide/sysctl/kernel.rst, Documentation/ABI/testing/sysfs-kernel-*,
// Documentation/admin-guide/tainted-kernels.rst. What a kernel is too old to count is left out.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class KernelHealthCollector final : public Collector {
public:
    explicit KernelHealthCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when not one of the files is there.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
