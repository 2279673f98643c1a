#include "detectors/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace homeostat {
namespace {

constexpr double kFirstWidthSeconds = 2;  // narrowest bucket; each level is four times wider
constexpr double kWidthFactor = 4;
constexpr double kGrowthSecondsMin = 20;         // shorter growth proves nothing
constexpr double kReach = 4;                     // believed this many times the span of the growth
constexpr std::size_t kPointsMin = 5;            // of a line
constexpr std::uint16_t kHoleMax = 3;            // empty buckets that a stretch may span
constexpr double kSharedRise = 1.0 / 3;          // ... without its two largest steps
constexpr double kLateRise = 0.15;               // ... in its newest third; a straight line: 0.33
constexpr double kSteadyShare = 0.8;             // of the variation that the line must explain
constexpr double kFallMin = 0.003;               // of the range used: less is noise
constexpr double kOrdinaryRise = 1.2;            // times the usual fall: still a tooth of the saw
constexpr double kForgetSeconds = 14 * 86400.0;  // teeth are remembered for about two weeks
constexpr double kSlopeSpread = 2;               // standard errors to either side of the interval

}  // namespace

struct CapacityForecast::Line {
    bool steady = false;
    double slope = 0;  // per second
    double error = 0;  // standard error of the slope
    double span = 0;   // seconds
};

double CapacityForecast::width_of(std::size_t level) {
    double width = kFirstWidthSeconds;
    for (std::size_t i = 0; i < level; ++i) width *= kWidthFactor;
    return width;
}

void CapacityForecast::observe(double seconds, double value, bool attended) {
    if (!std::isfinite(seconds) || !std::isfinite(value)) return;
    if (!started_) {
        peak_ = trough_ = value;
        last_seconds_ = seconds;
        started_ = true;
    }
    if (seconds < last_seconds_) return;
    learn_fall(seconds, value, attended);
    for (std::size_t i = 0; i < kLevels; ++i) add(levels_[i], i, seconds, value);
    last_seconds_ = seconds;
    value_ = value;
}

void CapacityForecast::add(Level& level, std::size_t index, double seconds, double value) {
    const double place = std::floor(seconds / width_of(index));
    const auto bucket = static_cast<std::int64_t>(std::clamp(place, -9e15, 9e15));
    if (level.used > 0 && bucket == level.bucket) {
        level.sum += value;
        ++level.count;
        level.means[level.newest] = static_cast<float>(level.sum / level.count);
        return;
    }
    const std::int64_t hole = level.used == 0 ? 1 : bucket - level.bucket;
    level.newest = static_cast<std::uint8_t>((level.newest + 1) % kBuckets);
    level.ages[level.newest] = static_cast<std::uint16_t>(std::min<std::int64_t>(hole, 0xFFFF));
    level.means[level.newest] = static_cast<float>(value);
    level.used = static_cast<std::uint8_t>(std::min<std::size_t>(level.used + 1U, kBuckets));
    level.bucket = bucket;
    level.sum = value;
    level.count = 1;
}

// Follows peaks and troughs; a fall that has ended is remembered by its size.
void CapacityForecast::learn_fall(double seconds, double value, bool attended) {
    given_back_ *= std::exp(-(seconds - last_seconds_) / kForgetSeconds);
    const double threshold = kFallMin * std::max(std::fabs(peak_), 1e-9);
    if (falling_) {
        fall_attended_ = fall_attended_ || attended;
        trough_ = std::min(trough_, value);
        if (value > trough_ + threshold) {
            if (!fall_attended_) given_back_ = std::max(given_back_, peak_ - trough_);
            falling_ = false;
            peak_ = value;
        }
    } else {
        peak_ = std::max(peak_, value);
        if (value < peak_ - threshold) {
            falling_ = true;
            fall_attended_ = attended;
            trough_ = value;
        }
    }
}

// The longest stretch up to now that a rising straight line explains.
CapacityForecast::Line CapacityForecast::steady_line(const Level& level, std::size_t index) const {
    Line best;
    double n = 0;
    double sx = 0;
    double sy = 0;
    double sxx = 0;
    double sxy = 0;
    double syy = 0;
    double x = 0;
    double largest = 0;  // steps from one bucket to the next: a burst that is over is two of them
    double second = 0;
    const double y0 = level.means[level.newest];
    double later = 0;
    std::array<double, kBuckets> risen{};  // since each bucket
    for (std::size_t i = 0; i < level.used; ++i) {
        const std::size_t at = (level.newest + kBuckets - i) % kBuckets;
        const double y = level.means[at] - y0;
        const double step = i == 0 ? 0 : later - y;
        later = y;
        risen[i] = -y;
        if (step > largest) {
            second = largest;
            largest = step;
        } else if (step > second) {
            second = step;
        }
        const bool shared = risen[i] - largest - second >= kSharedRise * risen[i] &&
                            risen[i / 3] >= kLateRise * risen[i];
        n += 1;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
        syy += y * y;
        if (i + 1 >= kPointsMin) {
            const double vx = sxx - sx * sx / n;
            const double vy = syy - sy * sy / n;
            const double cxy = sxy - sx * sy / n;
            if (shared && vx > 0 && vy > 0 && cxy > 0 && cxy * cxy >= kSteadyShare * vx * vy) {
                const double slope = cxy / vx;
                const double rest = std::max(vy - slope * cxy, 0.0);
                best.steady = true;
                best.slope = slope / width_of(index);
                best.error = std::sqrt(rest / (n - 2) / vx) / width_of(index);
                best.span = -x * width_of(index);
            }
        }
        if (level.ages[at] > kHoleMax) break;
        x -= level.ages[at];
    }
    return best;
}

ForecastResult CapacityForecast::forecast(double limit) const {
    ForecastResult result;
    const double room = limit - value_;
    if (!started_ || room <= 0) {
        result.will_fill = started_;
        return result;
    }
    for (std::size_t i = 0; i < kLevels; ++i) {
        const Line line = steady_line(levels_[i], i);
        if (!line.steady || line.span < kGrowthSecondsMin) continue;
        if (line.slope * line.span <= kOrdinaryRise * given_back_) continue;
        const double seconds = room / line.slope;
        if (seconds > kReach * line.span) continue;
        if (result.will_fill && result.seconds <= seconds) continue;
        const double slow = line.slope - kSlopeSpread * line.error;
        result.will_fill = true;
        result.seconds = seconds;
        result.seconds_low = room / (line.slope + kSlopeSpread * line.error);
        result.seconds_high = slow > 0 ? room / slow : std::numeric_limits<double>::infinity();
        result.rate_per_second = line.slope;
        result.growth_span_seconds = line.span;
    }
    return result;
}

}  // namespace homeostat
