// XfsCollector reads how each XFS file system gets on with its log.
//
// Writers that wait for the log wait for the disk, however idle the CPU is. That XFS shut itself
// down is told by the kernel's log only. Source: Documentation/admin-guide/xfs.rst and
// fs/xfs/xfs_stats.c: /sys/fs/xfs/DEVICE/stats/stats.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// Number `index` (from 0) of the line that begins with `name`. Nothing when there is none.
std::optional<std::uint64_t> xfs_stat(std::string_view text, std::string_view name,
                                      std::size_t index);

class XfsCollector final : public Collector {
public:
    explicit XfsCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable without a mounted XFS.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
