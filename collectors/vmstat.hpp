// VmstatCollector reads /proc/vmstat: paging, reclaim and the kernel's memory kills.
//
// Source: mm/vmstat.c (the file has no other documentation that keeps up). Names changed over the
// kernels: allocstall became one per zone in 4.10, workingset_refault two in 5.9; ours stay.
#pragma once

#include <array>
#include <optional>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// Counts since boot, in the kernel's units.
struct VmstatFields {
    enum Field : std::uint8_t {
        PagedInKibibytes,
        PagedOutKibibytes,
        SwappedInPages,
        SwappedOutPages,
        Faults,
        MajorFaults,
        AllocationStalls,
        DirectScannedPages,
        DirectReclaimedPages,
        KswapdScannedPages,
        CompactionStalls,
        RefaultedPages,
        OomKills,  // since Linux 4.13
    };
    static constexpr std::size_t kFields = OomKills + 1;
    std::array<std::optional<std::uint64_t>, kFields> values{};

    [[nodiscard]] std::optional<std::uint64_t> operator[](Field field) const {
        return values[field];
    }
};

// Errc::Parse when not one line is known, or a known one has no number.
Result<VmstatFields> parse_vmstat(std::string_view text);

class VmstatCollector final : public Collector {
public:
    explicit VmstatCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile file_{"proc/vmstat"};
};

}  // namespace homeostat
