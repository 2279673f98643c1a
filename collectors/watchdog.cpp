#include "collectors/watchdog.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kActive{"watchdog_active", Unit::None, MetricKind::State, Aspect::Other};
constexpr Metric kLeft{"watchdog_time_left_ratio", Unit::None, MetricKind::Ratio, Aspect::Other};
constexpr std::array kMetrics{kActive, kLeft};

constexpr const char* kDirectory = "sys/class/watchdog";

}  // namespace

Status WatchdogCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    files.each(kDirectory, [&](std::string_view name) {
        const auto state = files.word("{}/{}/state", kDirectory, name);
        if (state.empty()) return;
        const Subject subject{.kind = SubjectKind::Sensor, .name = name};
        const bool active = state == "active";
        out.add(kActive, subject, active ? 1 : 0);
        if (!active) return;  // a clock that does not run has no time left to speak of
        add_share(out, kLeft, subject, files.number("{}/{}/timeleft", kDirectory, name),
                  files.number("{}/{}/timeout", kDirectory, name));
    });
    return files.outcome("sys/class/watchdog: none");
}

std::span<const Metric> WatchdogCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
