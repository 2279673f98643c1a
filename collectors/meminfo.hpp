// MeminfoCollector reads /proc/meminfo: how memory and swap are used.
//
// Source: proc_meminfo(5). A field that this kernel does not have is not reported.
#pragma once

#include <array>
#include <optional>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// In bytes, but for the huge pages, which are counted.
struct MeminfoFields {
    enum Field : std::uint8_t {
        Total,
        Free,
        Available,  // since Linux 3.14
        Buffers,
        Cached,
        SwapCached,
        SwapTotal,
        SwapFree,
        Dirty,
        Writeback,
        Anonymous,
        Shmem,
        SlabReclaimable,
        SlabUnreclaimable,
        KernelStack,
        PageTables,
        Mlocked,
        CommitLimit,
        Committed,
        HardwareCorrupted,
        HugepagesTotal,
        HugepagesFree,
    };
    static constexpr std::size_t kFields = HugepagesFree + 1;
    std::array<std::optional<std::uint64_t>, kFields> values{};

    [[nodiscard]] std::optional<std::uint64_t> operator[](Field field) const {
        return values[field];
    }
};

// Errc::Parse without MemTotal, or when a line that we want has no number.
Result<MeminfoFields> parse_meminfo(std::string_view text);

// Besides the fields: memory_available_ratio, and on hosts with swap swap_used_ratio.
class MeminfoCollector final : public Collector {
public:
    explicit MeminfoCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile file_{"proc/meminfo"};
};

}  // namespace homeostat
