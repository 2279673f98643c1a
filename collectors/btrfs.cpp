#include "collectors/btrfs.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric ratio(std::string_view name) {
    return {name, Unit::None, MetricKind::Ratio, Aspect::Capacity};
}
constexpr Metric kAllocated = ratio("btrfs_allocated_ratio");
constexpr Metric kMetadata = ratio("btrfs_metadata_used_ratio");
constexpr std::array kMetrics{kAllocated, kMetadata};

constexpr const char* kDirectory = "sys/fs/btrfs";

// What all kinds of chunks take on the disks; nothing when one of them does not tell.
std::optional<double> allocated_bytes(SmallFiles& files, std::string_view uuid) {
    double sum = 0;
    for (const std::string_view kind : {"data", "metadata", "system"}) {
        const auto bytes = files.number("{}/{}/allocation/{}/disk_total", kDirectory, uuid, kind);
        if (!bytes) return std::nullopt;
        sum += *bytes;
    }
    return sum;
}

std::optional<double> device_bytes(SmallFiles& files, std::string_view uuid) {
    SmallFiles::Path devices;
    format_into(devices, "{}/{}/devices", kDirectory, uuid);
    std::optional<double> sum;
    files.each(devices.c_str(), [&](std::string_view device) {
        const auto sectors = files.number("{}/{}/size", devices, device);
        if (sectors) sum = sum.value_or(0) + *sectors * kSectorBytes;
    });
    return sum;
}

}  // namespace

Status BtrfsCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    files.each(kDirectory, [&](std::string_view uuid) {
        const Subject subject{.kind = SubjectKind::Device, .name = uuid};
        add_share(out, kAllocated, subject, allocated_bytes(files, uuid),
                  device_bytes(files, uuid));
        add_share(out, kMetadata, subject,
                  files.number("{}/{}/allocation/metadata/bytes_used", kDirectory, uuid),
                  files.number("{}/{}/allocation/metadata/total_bytes", kDirectory, uuid));
    });
    return files.outcome("sys/fs/btrfs: no btrfs is mounted");
}

std::span<const Metric> BtrfsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
