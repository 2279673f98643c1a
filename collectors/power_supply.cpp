#include "collectors/power_supply.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kOnline{"power_online", Unit::None, MetricKind::State, Aspect::Errors};
constexpr Metric kCharge{"battery_charge_ratio", Unit::None, MetricKind::Ratio, Aspect::Other};
constexpr Metric kDischarging{"battery_discharging", Unit::None, MetricKind::State, Aspect::Other};
constexpr std::array kMetrics{kOnline, kCharge, kDischarging};

constexpr const char* kDirectory = "sys/class/power_supply";
constexpr double kPercent = 0.01;

}  // namespace

Status PowerSupplyCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    files.each(kDirectory, [&](std::string_view name) {
        if (files.word("{}/{}/scope", kDirectory, name) == "Device") return;
        const Subject subject{.kind = SubjectKind::Sensor, .name = name};
        add_known(out, kOnline, subject, files.number("{}/{}/online", kDirectory, name));
        const auto percent = files.number("{}/{}/capacity", kDirectory, name);
        if (percent) out.add(kCharge, subject, *percent * kPercent);
        const auto status = files.word("{}/{}/status", kDirectory, name);
        if (status.empty()) return;
        out.add(kDischarging, subject, status == "Discharging" ? 1 : 0);
    });
    return files.outcome("sys/class/power_supply: none");
}

std::span<const Metric> PowerSupplyCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
