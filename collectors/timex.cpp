#include "collectors/timex.hpp"

#include <array>

namespace homeostat {
namespace {

constexpr Metric seconds_gauge(std::string_view name) {
    return {name, Unit::Seconds, MetricKind::Gauge, Aspect::Errors};
}

constexpr Metric kOffset = seconds_gauge("clock_offset_seconds");
constexpr Metric kErrorMax = seconds_gauge("clock_error_max_seconds");
constexpr Metric kErrorEstimate = seconds_gauge("clock_error_estimate_seconds");
constexpr Metric kSynchronised{"clock_synchronised", Unit::None, MetricKind::State, Aspect::Errors};
constexpr std::array kMetrics{kOffset, kErrorMax, kErrorEstimate, kSynchronised};

}  // namespace

Status TimexCollector::collect(const Root&, Samples& out) {
    const ClockDiscipline* discipline = bench_.clock_discipline();
    if (discipline == nullptr) {
        return make_error(Errc::NotAvailable, "timex: the kernel's clock cannot be asked");
    }
    const auto reading = discipline->read();
    if (!reading) return reading.error();
    out.add(kOffset, reading->offset_seconds);
    out.add(kErrorMax, reading->error_max_seconds);
    out.add(kErrorEstimate, reading->error_estimate_seconds);
    out.add(kSynchronised, reading->synchronised ? 1 : 0);
    return Ok{};
}

std::span<const Metric> TimexCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
