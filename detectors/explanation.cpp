#include "detectors/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/time.hpp"

namespace homeostat {
namespace {

constexpr double kBandDistances = 2;

std::string_view question_of(Horizon horizon) {
    switch (horizon) {
        case Horizon::Step: return "not what the last minutes promised";
        case Horizon::Shift: return "not the level of the last hours";
        case Horizon::Level:
            return "the last quarter of an hour is not usual at this hour of the day";
        case Horizon::Share: return "a small part, or many times, of what it should be";
        case Horizon::Floor: return "lower than on any day of two weeks";
        case Horizon::Ceiling: return "higher than on any day of two weeks";
        default: return "the same number for longer than ever: is its source stuck?";
    }
}

}  // namespace

ExpectedBand band_of(const SeriesVerdict& verdict, double value) {
    const double distance = kBandDistances * verdict.spread;
    const double low = verdict.expected - distance;
    const bool positive = value >= 0 && verdict.expected >= 0;
    return {positive ? std::max(low, 0.0) : low, verdict.expected + distance};
}

std::string explain(const SeriesVerdict& verdict, double value) {
    if (!std::isfinite(value)) return "missing";
    if (!verdict.judged) return fmt::format("{:.5g}, still learning", value);
    const ExpectedBand band = band_of(verdict, value);
    std::string text = fmt::format("{:.5g}, expected {:.5g} to {:.5g}", value, band.low, band.high);
    if (verdict.surprise < 1) return text + ": as expected";
    if (verdict.horizon == Horizon::Frozen) {
        text += ": frozen";
    } else {
        text += verdict.rising ? ": too high" : ": too low";
    }
    if (verdict.odd_seconds > 0) {
        text += fmt::format(" for {}", human_duration(verdict.odd_seconds).view());
    }
    if (verdict.hours_between >= 1) {
        text += fmt::format(", one hour in {:.0f} is like it", verdict.hours_between);
    }
    return text + fmt::format("; {}", question_of(verdict.horizon));
}

}  // namespace homeostat
