// RobustScale knows how far a residual usually lies from zero.
//
// A median of absolute residuals collapses to zero on a counter that is mostly zero, and then the
// first blip is infinitely odd. So the scale is the larger of two: the decaying mean of |r|, with
// each update clipped so that a fault cannot teach it, and a share of the decaying root mean
// square, not clipped, which rare large values hold up.
#pragma once

#include <algorithm>
#include <cmath>

namespace homeostat {

class RobustScale {
public:
    // `floor`: the scale never is less, for series that are constant.
    [[nodiscard]] double value(double floor) const {
        return std::max(
            {static_cast<double>(absolute_), kRmsShare * static_cast<double>(rms_), floor});
    }

    // `share`: of this update in what is remembered: one at first, then one in the memory's length.
    // `settled`: past the first few rows, so that clipping makes sense.
    void learn(double residual, double scale, double share, bool settled) {
        const double size = std::fabs(residual);
        const double clipped = settled ? std::min(size, kClip * scale) : size;
        absolute_ += static_cast<float>((clipped - absolute_) * share);
        const double square = static_cast<double>(rms_) * rms_;
        rms_ = static_cast<float>(std::sqrt(square + (size * size - square) * share));
    }

    // From now on residuals of this size are usual.
    void accept(double size) { absolute_ = std::max(absolute_, static_cast<float>(size)); }

    [[nodiscard]] bool is_sound() const {
        return std::isfinite(absolute_) && std::isfinite(rms_) && absolute_ >= 0 && rms_ >= 0;
    }

    static constexpr double kClip = 3;  // scales; also for the baselines' updates

private:
    static constexpr double kRmsShare = 0.2;

    float absolute_ = 0;
    float rms_ = 0;
};

}  // namespace homeostat
