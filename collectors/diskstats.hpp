// DiskstatsCollector reads /proc/diskstats: traffic, latency and saturation of each whole disk.
//
// Source: Documentation/admin-guide/iostats.rst. Partitions are left out (their disk has it all),
// and so is what had no I/O since boot: unused loop, ram and floppy devices.
#pragma once

#include <optional>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// One line; sectors are 512 bytes, times milliseconds.
struct DiskCounts {
    std::string_view name;
    std::uint64_t reads = 0;
    std::uint64_t sectors_read = 0;
    std::uint64_t read_ms = 0;
    std::uint64_t writes = 0;
    std::uint64_t sectors_written = 0;
    std::uint64_t write_ms = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t busy_ms = 0;
    std::uint64_t weighted_ms = 0;
    std::optional<std::uint64_t> flushes;  // since Linux 5.5
    std::optional<std::uint64_t> flush_ms;
};

// Calls `disk` for each whole disk. Errc::Parse at the first line that is not one of diskstats.
Status parse_diskstats(std::string_view text, FunctionRef<void(const DiskCounts&)> disk);

// Whether `name` is a partition of `disk`: sda1 of sda, nvme0n1p2 of nvme0n1, but not md12 of md1.
bool is_partition_of(std::string_view name, std::string_view disk);

class DiskstatsCollector final : public Collector {
public:
    static constexpr std::uint32_t kDisksMax = 256;  // more are counted in disks_untracked_count

    explicit DiskstatsCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile file_{"proc/diskstats"};
};

}  // namespace homeostat
