#include "collectors/disk_state.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kDisk{"disk_offline", Unit::None, MetricKind::State, Aspect::Errors};
constexpr Metric kController{"nvme_controller_down", Unit::None, MetricKind::State, Aspect::Errors};
constexpr std::array kMetrics{kDisk, kController};

constexpr const char* kBlock = "sys/block";
constexpr const char* kNvme = "sys/class/nvme";

}  // namespace

Status DiskStateCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    files.each(kBlock, [&](std::string_view disk) {
        if (disk.substr(0, 4) == "nvme") return;  // its controller tells
        const auto state = files.word("{}/{}/device/state", kBlock, disk);
        if (state.empty()) return;
        out.add(kDisk, {.kind = SubjectKind::Device, .name = disk}, state == "running" ? 0 : 1);
    });
    files.each(kNvme, [&](std::string_view controller) {
        const auto state = files.word("{}/{}/state", kNvme, controller);
        if (state.empty()) return;
        out.add(kController, {.kind = SubjectKind::Device, .name = controller},
                state == "live" ? 0 : 1);
    });
    return files.outcome("sys/block: no disk tells its state");
}

std::span<const Metric> DiskStateCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
