#include "collectors/reboot.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kRequired{"reboot_required", Unit::None, MetricKind::State, Aspect::Other};
constexpr std::array kMetrics{kRequired};

}  // namespace

Status RebootCollector::collect(const Root& root, Samples& out) {
    const auto family = read_source(root, "etc/debian_version", bench_.buffer());
    if (!family) return family.error();
    const auto marker = root.read("run/reboot-required", bench_.buffer());
    if (!marker && marker.error().code == Errc::NotFound) {
        out.add(kRequired, 0);
        return Ok{};
    }
    if (!marker) return marker.error();
    out.add(kRequired, 1);
    return Ok{};
}

std::span<const Metric> RebootCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
