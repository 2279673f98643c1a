#include "detectors/noise_budget.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/parse.hpp"
#include "detectors/onset.hpp"

namespace homeostat {
namespace {

constexpr double kDay = 86400;
constexpr double kStrictnessMax = 16;  // octaves: quiet for all but what breaks every measure
constexpr double kReportsMax = 1000;   // per unit of time: more is no budget

// What the shipped flags reach on labelled data (docs/detection.md).
constexpr double kSeriesPerSecond = 1 / (30 * kDay);
constexpr double kHostPerSecond = 1 / (7 * kDay);

struct TimeUnit {
    std::string_view name;
    double seconds;
};
constexpr std::array<TimeUnit, 4> kUnits{
    {{"hour", 3600}, {"day", kDay}, {"week", 7 * kDay}, {"month", 30 * kDay}}};

Error unreadable(std::string_view text) {
    return make_error(Errc::Parse,
                      "expected a number of reports per hour, day, week or month, for example "
                      "'1 per week', got '{}'",
                      text);
}

}  // namespace

Result<double> parse_noise_budget(std::string_view text) {
    std::string_view rest = text;
    const auto count = parse_double(next_word(rest));
    const std::string_view per = next_word(rest);
    const std::string_view name = next_word(rest);
    const bool worded = count && (per == "per" || per == "a") && next_word(rest).empty();
    if (!worded || !(*count > 0) || *count > kReportsMax) return unreadable(text);
    for (const TimeUnit& unit : kUnits) {
        if (name == unit.name) return *count / unit.seconds;
    }
    return unreadable(text);
}

void NoiseBudget::pass(double seconds) {
    strictness_ = std::max(0.0, strictness_ - std::max(seconds, 0.0) * per_second_);
}

void NoiseBudget::spend() {
    strictness_ = std::min(strictness_ + 1, kStrictnessMax);
}

double NoiseBudget::series_flag(std::size_t watched) const {
    const double split = static_cast<double>(watched) * kSeriesPerSecond / per_second_;
    return kSeriesFlag * std::max(split, 1.0) * std::exp2(strictness_);
}

// The host's surprise is a logarithm itself: octaves add.
double NoiseBudget::host_flag() const {
    return kHostFlag + std::max(std::log2(kHostPerSecond / per_second_), 0.0) + strictness_;
}

}  // namespace homeostat
