// BlockCachesCollector reads devices that keep blocks in memory or on a faster disk: zram and
// bcache.
//
// Sources: Documentation/admin-guide/blockdev/zram.rst, Documentation/admin-guide/bcache.rst.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class BlockCachesCollector final : public Collector {
public:
    explicit BlockCachesCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable with neither of them.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
