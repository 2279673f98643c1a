// CpuCollector reads /proc/stat: where the processors spend their time, and scheduler counts.
//
// Source: proc_stat(5), Documentation/filesystems/proc.rst. The host's counters are seconds divided
// by the number of cores, so their rate is a share of the whole machine, between 0 and 1.
#pragma once

#include <array>
#include <optional>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// One "cpu" line, in ticks. Kernels add modes at the end; those not given are not counted as zero.
struct CpuTimes {
    enum Mode : std::uint8_t {
        User,
        Nice,
        System,
        Idle,
        Iowait,
        Irq,
        Softirq,
        Steal,
        Guest,  // already within User
        GuestNice,
    };
    static constexpr std::size_t kModes = GuestNice + 1;
    std::array<std::uint64_t, kModes> ticks{};
    std::size_t modes = 0;  // how many of them the line had

    // Everything but idle and waiting for I/O.
    [[nodiscard]] std::uint64_t busy() const;
};

struct StatCounts {
    CpuTimes total;
    std::uint32_t cores = 0;  // online
    std::optional<std::uint64_t> interrupts;
    std::optional<std::uint64_t> context_switches;
    std::optional<std::uint64_t> forks;
    std::optional<std::uint64_t> running;
    std::optional<std::uint64_t> blocked;
    std::optional<std::uint64_t> boot_time_seconds;  // Unix time
};

// Calls `core` for each online core. Errc::Parse without a "cpu" line of at least four numbers.
Result<StatCounts> parse_stat(std::string_view text,
                              FunctionRef<void(std::uint32_t, const CpuTimes&)> core);

class CpuCollector final : public Collector {
public:
    static constexpr std::uint32_t kCoresMax = 512;  // the others count in the total only

    explicit CpuCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile file_{"proc/stat"};
    // The most cores ever online: unplugging one must not make the counters jump.
    std::uint32_t cores_max_ = 0;
};

}  // namespace homeostat
