#include "agent/incidents/effect.hpp"

#include <algorithm>
#include <cmath>

namespace homeostat {
namespace {

// So much farther from the goal than doing nothing would have led, as a share of the distance there
// was: less is noise.
constexpr double kWorseShare = 0.1;

bool holds(const Verification& verification, double value) {
    return verification.sense == Verification::Sense::Below ? value < verification.threshold
                                                            : value > verification.threshold;
}

bool is_worse(const Verification& verification, double before, const EffectView& view) {
    if (verification.sense == Verification::Sense::Over) return view.severity_rose;
    if (!view.value) return false;
    const auto distance = [&](double value) {
        const double over = value - verification.threshold;
        return verification.sense == Verification::Sense::Below ? over : -over;
    };
    const double margin = kWorseShare * std::abs(distance(before));
    return distance(*view.value) > std::max(distance(before), distance(view.expected)) + margin;
}

}  // namespace

double NoActionForecast::after(Duration time) const {
    const double expected = value + rate_per_second * time.seconds();
    return is_ratio ? std::clamp(expected, 0.0, 1.0) : expected;
}

NoActionForecast forecast_without_action(const Snippet& snippet, double value) {
    NoActionForecast forecast;
    forecast.value = value;
    forecast.is_ratio = snippet.metric.view().ends_with("_ratio");
    const std::size_t count = snippet.values.size();
    if (count < kForecastPointsMin || snippet.step_seconds <= 0) return forecast;
    const double middle = static_cast<double>(count - 1) / 2;
    double mean = 0;
    for (const float point : snippet.values) mean += static_cast<double>(point);
    mean /= static_cast<double>(count);
    double products = 0;
    double squares = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double step = static_cast<double>(i) - middle;
        products += step * (static_cast<double>(snippet.values[i]) - mean);
        squares += step * step;
    }
    forecast.rate_per_second = products / squares / snippet.step_seconds;
    return forecast;
}

Effect judge(const Verification& verification, double before, const EffectView& view) {
    const bool reached = verification.sense == Verification::Sense::Over
                             ? view.calm
                             : view.value && holds(verification, *view.value);
    if (reached) return Effect::Helped;
    if (view.since < verification.within) return Effect::Unknown;
    return is_worse(verification, before, view) ? Effect::Worse : Effect::DidNotHelp;
}

}  // namespace homeostat
