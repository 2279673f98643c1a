#include "detectors/rate.hpp"

namespace homeostat {

std::optional<double> RateState::observe(double value, Instant now) {
    const double step = (now - last_at_).seconds();
    const bool usable = started_ && value >= last_value_ && step > 0;
    const double rate = usable ? (value - last_value_) / step : 0;
    if (!started_ || step > 0) {
        last_value_ = value;
        last_at_ = now;
    }
    started_ = true;
    return usable ? std::optional(rate) : std::nullopt;
}

}  // namespace homeostat
