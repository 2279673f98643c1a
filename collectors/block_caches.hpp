// BlockCachesCollector reads devices that keep blocks in memory or on a faster disk: zram and
// bcache.
//
// Sources: Documentation/admin-guide/blockdev/zram.rst, Documentation/admin-guide/bcache.rst.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// What a zram device holds: before compression, and in memory with what its allocator wastes.
struct ZramUse {
    std::uint64_t original_bytes = 0;
    std::uint64_t memory_bytes = 0;
};

// mm_stat of it; nothing for other text.
std::optional<ZramUse> parse_zram_use(std::string_view text);

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
