// ZfsCollector reads the health of ZFS pools, and how the ARC (its cache) gets on with memory.
//
// Sources: module/os/linux/spl/spl-kstat.c and module/zfs/arc.c of OpenZFS: /proc/spl/kstat/zfs.
// How full a data set is, statvfs tells like for any mount.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class ZfsCollector final : public Collector {
public:
    explicit ZfsCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable without ZFS.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
