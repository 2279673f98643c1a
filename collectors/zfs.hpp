// ZfsCollector reads the health of ZFS pools, and how the ARC (its cache) gets on with memory.
//
// Sources: module/os/linux/spl/spl-kstat.c and module/zfs/arc.c of OpenZFS: /proc/spl/kstat/zfs.
// How full a data set is, statvfs tells like for any mount.
#pragma once

#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// The value of this name in "name type data" lines, which stand after two lines of head; nothing
// when there is none, or no number.
std::optional<double> kstat_value(std::string_view text, std::string_view name);

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
