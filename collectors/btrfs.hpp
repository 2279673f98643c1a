// BtrfsCollector reads how much of a btrfs is given to chunks, and how full those for metadata are.
//
// A btrfs is out of space when all of it is given out and the metadata chunks are full, whatever df
// says of free data. Source: Documentation/filesystems/btrfs (man btrfs(5), SYSFS INTERFACE):
// /sys/fs/btrfs/UUID/allocation and devices.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class BtrfsCollector final : public Collector {
public:
    explicit BtrfsCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable without a mounted btrfs.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
