#include "collectors/loadavg.hpp"

#include <array>
#include <cmath>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kLoad1{"load1", Unit::None, MetricKind::Gauge, Aspect::Saturation};
constexpr Metric kLoad5{"load5", Unit::None, MetricKind::Gauge, Aspect::Saturation};
constexpr Metric kLoad15{"load15", Unit::None, MetricKind::Gauge, Aspect::Saturation};
constexpr std::array kMetrics{kLoad1, kLoad5, kLoad15};

}  // namespace

Result<LoadAverages> parse_loadavg(std::string_view text) {
    std::array<double, 3> loads{};
    std::string_view rest = text;
    for (double& load : loads) {
        const auto number = parse_double(next_word(rest));
        if (!number || !std::isfinite(*number) || *number < 0) {
            return make_error(Errc::Parse, "proc/loadavg: expected 3 numbers, got '{}'",
                              excerpt(text));
        }
        load = *number;
    }
    return LoadAverages{loads[0], loads[1], loads[2]};
}

Status LoadAvgCollector::collect(const Root& root, Samples& out) {
    const auto text = read_source(root, file_, bench_.buffer());
    if (!text) return text.error();
    const auto load = parse_loadavg(*text);
    if (!load) return load.error();
    out.add(kLoad1, load->one_minute);
    out.add(kLoad5, load->five_minutes);
    out.add(kLoad15, load->fifteen_minutes);
    return Ok{};
}

std::span<const Metric> LoadAvgCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
