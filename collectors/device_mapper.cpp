#include "collectors/device_mapper.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kSuspended{"device_mapper_suspended", Unit::None, MetricKind::State,
                            Aspect::Errors};
constexpr Metric kPaths{"multipath_paths_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr Metric kPathsFailed{"multipath_paths_failed_count", Unit::Count, MetricKind::Gauge,
                              Aspect::Errors};
constexpr std::array kMetrics{kSuspended, kPaths, kPathsFailed};

constexpr const char* kDirectory = "sys/block";
constexpr std::string_view kMultipath = "mpath-";

bool begins_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

// A path works while its disk is "running" (SCSI) or "live" (NVMe).
void add_paths(SmallFiles& files, std::string_view device, const Subject& subject, Samples& out) {
    SmallFiles::Path members;
    format_into(members, "{}/{}/slaves", kDirectory, device);
    std::uint32_t paths = 0;
    std::uint32_t failed = 0;
    files.each(members.c_str(), [&](std::string_view disk) {
        const auto state = files.word("{}/{}/device/state", members, disk);
        if (state.empty()) return;
        ++paths;
        if (state != "running" && state != "live") ++failed;
    });
    out.add(kPaths, subject, paths);
    out.add(kPathsFailed, subject, failed);
}

}  // namespace

Status DeviceMapperCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    files.each(kDirectory, [&](std::string_view device) {
        if (!begins_with(device, "dm-")) return;
        // The name people gave it: dm-3 is another device after the next boot.
        const auto name = files.word("{}/{}/dm/name", kDirectory, device);
        if (name.empty()) return;
        const Subject subject{.kind = SubjectKind::Device, .name = name.view()};
        add_known(out, kSuspended, subject, files.number("{}/{}/dm/suspended", kDirectory, device));
        const auto uuid = files.word("{}/{}/dm/uuid", kDirectory, device);
        if (begins_with(uuid, kMultipath)) add_paths(files, device, subject, out);
    });
    return files.outcome("sys/block: no device-mapper devices");
}

std::span<const Metric> DeviceMapperCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
