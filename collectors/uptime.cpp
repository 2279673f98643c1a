#include "collectors/uptime.hpp"

#include <array>
#include <cmath>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr std::array kMetrics{
    Metric{"uptime_seconds", Unit::Seconds, MetricKind::Gauge, Aspect::Other}};

}  // namespace

Result<double> parse_uptime(std::string_view text) {
    std::string_view rest = text;
    const auto uptime = parse_double(next_word(rest));
    if (!uptime || !std::isfinite(*uptime) || *uptime < 0) {
        return make_error(Errc::Parse, "proc/uptime: expected seconds since boot, got '{}'",
                          excerpt(text));
    }
    return *uptime;
}

Status UptimeCollector::collect(const Root& root, Samples& out) {
    const auto text = read_source(root, file_, bench_.buffer());
    if (!text) return text.error();
    const auto uptime = parse_uptime(*text);
    if (!uptime) return uptime.error();
    out.add(kMetrics[0], *uptime);
    return Ok{};
}

std::span<const Metric> UptimeCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
