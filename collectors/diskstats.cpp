#include "collectors/diskstats.hpp"

#include <algorithm>
#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric counter(std::string_view name, Unit unit, Aspect aspect) {
    return {name, unit, MetricKind::Counter, aspect};
}

constexpr Metric kReads = counter("disk_reads_count", Unit::Count, Aspect::Traffic);
constexpr Metric kReadBytes = counter("disk_read_bytes", Unit::Bytes, Aspect::Traffic);
constexpr Metric kReadTime = counter("disk_read_seconds", Unit::Seconds, Aspect::Saturation);
constexpr Metric kWrites = counter("disk_writes_count", Unit::Count, Aspect::Traffic);
constexpr Metric kWriteBytes = counter("disk_written_bytes", Unit::Bytes, Aspect::Traffic);
constexpr Metric kWriteTime = counter("disk_write_seconds", Unit::Seconds, Aspect::Saturation);
// The rate is the share of time in which the disk had work.
constexpr Metric kBusyTime = counter("disk_busy_seconds", Unit::Seconds, Aspect::Utilisation);
// The rate is the mean number of requests in the queue and the disk.
constexpr Metric kWeighted = counter("disk_weighted_seconds", Unit::Seconds, Aspect::Saturation);
constexpr Metric kFlushes = counter("disk_flushes_count", Unit::Count, Aspect::Traffic);
constexpr Metric kFlushTime = counter("disk_flush_seconds", Unit::Seconds, Aspect::Saturation);
constexpr Metric kInFlight{"disk_in_flight_count", Unit::Count, MetricKind::Gauge,
                           Aspect::Saturation};
constexpr Metric kUntracked{"disks_untracked_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr std::array kMetrics{kReads,      kReadBytes, kReadTime, kWrites,
                              kWriteBytes, kWriteTime, kBusyTime, kWeighted,
                              kFlushes,    kFlushTime, kInFlight, kUntracked};

bool all_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Columns after the name; 4.18 added four for discards, 5.5 two for flushes.
constexpr std::size_t kColumnsMin = 11;
constexpr std::size_t kColumnsMax = 17;

bool parse_line(std::string_view line, DiskCounts& disk) {
    if (!next_u64(line) || !next_u64(line)) return false;  // major, minor
    disk.name = next_word(line);
    std::array<std::uint64_t, kColumnsMax> column{};
    std::size_t columns = 0;
    while (columns < kColumnsMax) {
        const std::string_view word = next_word(line);
        if (word.empty()) break;
        const auto number = parse_u64(word);
        if (!number) return false;
        column[columns++] = *number;
    }
    if (columns < kColumnsMin) return false;
    disk.reads = column[0];  // [1] and [5] are merged requests
    disk.sectors_read = column[2];
    disk.read_ms = column[3];
    disk.writes = column[4];
    disk.sectors_written = column[6];
    disk.write_ms = column[7];
    disk.in_flight = column[8];
    disk.busy_ms = column[9];
    disk.weighted_ms = column[10];
    if (columns == kColumnsMax) {  // [11] to [14] are discards
        disk.flushes = column[15];
        disk.flush_ms = column[16];
    }
    return true;
}

double ms_to_seconds(std::uint64_t ms) {
    return as_double(ms) * 1e-3;
}

void add_disk(Samples& out, const DiskCounts& disk) {
    const Subject subject{.kind = SubjectKind::Device, .name = disk.name};
    out.add(kReads, subject, as_double(disk.reads));
    out.add(kReadBytes, subject, as_double(disk.sectors_read) * kSectorBytes);
    out.add(kReadTime, subject, ms_to_seconds(disk.read_ms));
    out.add(kWrites, subject, as_double(disk.writes));
    out.add(kWriteBytes, subject, as_double(disk.sectors_written) * kSectorBytes);
    out.add(kWriteTime, subject, ms_to_seconds(disk.write_ms));
    out.add(kBusyTime, subject, ms_to_seconds(disk.busy_ms));
    out.add(kWeighted, subject, ms_to_seconds(disk.weighted_ms));
    out.add(kInFlight, subject, as_double(disk.in_flight));
    if (disk.flushes) out.add(kFlushes, subject, as_double(*disk.flushes));
    if (disk.flush_ms) out.add(kFlushTime, subject, ms_to_seconds(*disk.flush_ms));
}

}  // namespace

bool is_partition_of(std::string_view name, std::string_view disk) {
    if (disk.empty() || name.size() <= disk.size() || name.substr(0, disk.size()) != disk) {
        return false;
    }
    std::string_view number = name.substr(disk.size());
    if (is_digit(disk.back())) {
        if (number.front() != 'p') return false;
        number.remove_prefix(1);
    }
    return all_digits(number);
}

Status parse_diskstats(std::string_view text, FunctionRef<void(const DiskCounts&)> disk) {
    std::string_view whole_disk;  // the kernel lists a disk before its partitions
    std::string_view rest = text;
    for (std::string_view line; next_line(rest, line);) {
        DiskCounts counts;
        if (!parse_line(line, counts)) {
            return make_error(Errc::Parse,
                              "proc/diskstats: expected a device and 11 counts, got '{}'",
                              excerpt(line));
        }
        if (is_partition_of(counts.name, whole_disk)) continue;
        whole_disk = counts.name;
        disk(counts);
    }
    return Ok{};
}

Status DiskstatsCollector::collect(const Root& root, Samples& out) {
    const auto text = read_source(root, file_, bench_.buffer());
    if (!text) return text.error();
    std::uint32_t disks = 0;
    const auto status = parse_diskstats(*text, [&](const DiskCounts& disk) {
        if (disk.reads == 0 && disk.writes == 0) return;
        if (disks++ < kDisksMax) add_disk(out, disk);
    });
    if (!status) return status;
    out.add(kUntracked, disks > kDisksMax ? disks - kDisksMax : 0);
    return Ok{};
}

std::span<const Metric> DiskstatsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
