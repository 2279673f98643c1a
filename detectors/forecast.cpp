#include "detectors/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace homeostat {
namespace {

constexpr double kFirstWidthSeconds = 2;  // narrowest bucket; each level is four times wider
constexpr double kWidthFactor = 4;
constexpr double kGrowthSecondsMin = 20;  // shorter growth proves nothing
constexpr double kReach = 4;              // believed this many times the span of the growth
constexpr double kQuickeningMax = 2.5;    // newer pace over older: beyond it began anew
constexpr std::size_t kHalfMin = 4;       // buckets in each half that tells a growing pace
constexpr std::size_t kPointsMin = 5;     // of a line
constexpr double kManyTeeth = 3;          // usual falls: growth that teeth cannot hide
constexpr double kToothNoise = 0.35;      // of the usual fall: scatter that teeth explain
constexpr std::uint16_t kHoleMax = 3;     // empty buckets that a stretch may span
constexpr double kSharedRise = 1.0 / 3;   // of the growth, without its two largest steps
constexpr double kLateRise = 0.15;        // ... in its newest third; a straight line: 0.33
constexpr double kSteadyShare = 0.8;      // of the variation that the line must explain
constexpr double kFallMin = 0.003;        // of the range used: less is noise
constexpr double kOrdinaryRise = 1.5;     // times the usual fall: still a tooth of the saw
constexpr double kBeyondPeak = 0.35;      // usual falls above the usual peak: no longer ordinary
constexpr double kForgetSeconds = 45 * 86400.0;  // teeth are remembered for some weeks
constexpr double kSameSize = 1.3;  // times a recent jump: a smaller fall only takes it back
constexpr double kJumpSeconds = 2 * 86400.0;  // a jump is remembered for about two days
constexpr double kSlopeSpread = 2;            // standard errors to either side of the interval
constexpr double kValueMax = 1e30;  // a larger value is taken as this: single precision holds it

// Least squares through points that come one by one.
class LineFit {
public:
    void add(double x, double y) {
        n_ += 1;
        sx_ += x;
        sy_ += y;
        sxx_ += x * x;
        sxy_ += x * y;
        syy_ += y * y;
    }
    // REQUIRES of all: at least three points at different x.
    [[nodiscard]] double slope() const { return (sxy_ - sx_ * sy_ / n_) / spread(); }
    [[nodiscard]] double at(double x) const { return (sy_ + slope() * (n_ * x - sx_)) / n_; }
    [[nodiscard]] double scatter() const { return std::sqrt(rest() / n_); }
    [[nodiscard]] double slope_error() const { return std::sqrt(rest() / (n_ - 2) / spread()); }
    // Whether the line leaves no more than 1 - share of the variation unexplained.
    [[nodiscard]] bool explains(double share) const { return rest() <= (1 - share) * variation(); }

private:
    [[nodiscard]] double spread() const { return sxx_ - sx_ * sx_ / n_; }
    [[nodiscard]] double variation() const { return syy_ - sy_ * sy_ / n_; }
    [[nodiscard]] double rest() const {
        return std::max(variation() - slope() * slope() * spread(), 0.0);
    }

    double n_ = 0;
    double sx_ = 0;
    double sy_ = 0;
    double sxx_ = 0;
    double sxy_ = 0;
    double syy_ = 0;
};

// How a stretch rose: growth is shared by its buckets and goes on, a burst is neither.
class Rise {
public:
    // `risen`: from this bucket to the newest; buckets come newest first.
    void add(double risen) {
        const double step = count_ == 0 ? 0 : risen - risen_[count_ - 1];
        if (step > largest_) {
            second_ = largest_;
            largest_ = step;
        } else if (step > second_) {
            second_ = step;
        }
        risen_[count_++] = risen;
    }
    // REQUIRES: add() was called, at most 16 times.
    [[nodiscard]] bool is_shared() const {
        const double all = risen_[count_ - 1];
        return all > 0 && all - largest_ - second_ >= kSharedRise * all &&
               risen_[(count_ - 1) / 3] >= kLateRise * all;
    }

private:
    std::array<double, 16> risen_{};
    std::size_t count_ = 0;
    double largest_ = 0;
    double second_ = 0;
};

}  // namespace

struct CapacityForecast::Line {
    bool believed = false;
    double slope = 1;       // per second
    double error = 0;       // standard error of the slope
    double span = 0;        // seconds
    double left = 0;        // from the line, with a tooth upon it, to the limit
    double quickening = 0;  // per second: how fast the slope itself grows
};

double CapacityForecast::width_of(std::size_t level) {
    double width = kFirstWidthSeconds;
    for (std::size_t i = 0; i < level; ++i) width *= kWidthFactor;
    return width;
}

bool CapacityForecast::is_sound() const {
    const auto finite = [](double x) { return std::isfinite(x); };
    for (const Level& level : levels_) {
        if (level.used > kBuckets || level.newest >= kBuckets) return false;
        if (!std::all_of(level.lows.begin(), level.lows.end(), finite)) return false;
    }
    const std::array<double, 7> numbers{last_seconds_, value_,      peak_,        trough_,
                                        given_back_,   usual_peak_, largest_jump_};
    return std::all_of(numbers.begin(), numbers.end(), finite);
}

void CapacityForecast::observe(double seconds, double value, bool attended) {
    if (!std::isfinite(seconds) || !std::isfinite(value)) return;
    value = std::clamp(value, -kValueMax, kValueMax);
    if (!started_) {
        peak_ = trough_ = value_ = value;
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
        level.lows[level.newest] = std::min(level.lows[level.newest], static_cast<float>(value));
        return;
    }
    const std::int64_t hole = level.used == 0 ? 1 : bucket - level.bucket;
    level.newest = static_cast<std::uint8_t>((level.newest + 1) % kBuckets);
    level.ages[level.newest] = static_cast<std::uint16_t>(std::min<std::int64_t>(hole, 0xFFFF));
    level.lows[level.newest] = static_cast<float>(value);
    level.used = static_cast<std::uint8_t>(std::min<std::size_t>(level.used + 1U, kBuckets));
    level.bucket = bucket;
}

// Follows peaks and troughs; a fall that has ended is remembered by its size. What came in one step
// and went again was a temporary file, no tooth of a saw.
void CapacityForecast::learn_fall(double seconds, double value, bool attended) {
    given_back_ *= std::exp(-(seconds - last_seconds_) / kForgetSeconds);
    const double threshold = kFallMin * std::max(std::fabs(peak_), 1e-9);
    largest_jump_ *= std::exp(-(seconds - last_seconds_) / kJumpSeconds);
    largest_jump_ = std::max(largest_jump_, value - value_);
    if (falling_) {
        fall_attended_ = fall_attended_ || attended;
        trough_ = std::min(trough_, value);
        if (value > trough_ + threshold) end_fall(value);
    } else {
        peak_ = std::max(peak_, value);
        if (value < peak_ - threshold) {
            falling_ = true;
            fall_attended_ = attended;
            trough_ = value;
        }
    }
}

void CapacityForecast::end_fall(double value) {
    const double fall = peak_ - trough_;
    const bool was_temporary = fall < kSameSize * largest_jump_;
    if (!fall_attended_ && !was_temporary) {
        given_back_ = std::max(given_back_, fall);
        usual_peak_ = std::max(peak_, trough_ + given_back_);
    }
    falling_ = false;
    peak_ = value;
}

// How fast the pace of the newest `points` buckets grows, per bucket: the logarithm of the newer
// half's pace over the older half's. Zero for a steady or slackening pace, and for one that only
// just began.
double CapacityForecast::quickening(const Level& level, std::size_t points) {
    const std::size_t half = points / 2;
    if (half < kHalfMin) return 0;
    double newer = 0;
    double older = 0;
    double newer_buckets = 0;
    double older_buckets = 0;
    for (std::size_t i = 0; i < 2 * half; ++i) {
        const std::size_t at = (level.newest + kBuckets - i) % kBuckets;
        const std::size_t before = (at + kBuckets - 1) % kBuckets;
        if (i + 1 == points) break;
        const double step = level.lows[at] - level.lows[before];
        (i < half ? newer : older) += step;
        (i < half ? newer_buckets : older_buckets) += level.ages[at];
    }
    if (older <= 0 || newer <= 0 || older_buckets <= 0) return 0;
    const double ratio = (newer / newer_buckets) / (older / older_buckets);
    if (ratio <= 1 || ratio > kQuickeningMax) return 0;
    return std::log(ratio) / (0.5 * (newer_buckets + older_buckets));
}

// With a pace that grows by the same share all the time, the rest is used up after log(1 + k r) /
// k.
double CapacityForecast::seconds_at(const Line& line, double slope) {
    const double steady = line.left / slope;
    const double k = line.quickening;
    return k * steady > 1e-6 ? std::log1p(k * steady) / k : steady;
}

// The shortest recent stretch whose straight line rises, explains what happened, is no ordinary
// tooth, and is long enough to be believed until the limit.
CapacityForecast::Line CapacityForecast::believed_line(const Level& level, std::size_t index,
                                                       double limit) const {
    const double width = width_of(index);
    const double y0 = level.lows[level.newest];
    const bool beyond = value_ > usual_peak_ + kBeyondPeak * given_back_;
    LineFit fit;
    Rise rise;
    double x = 0;
    for (std::size_t i = 0; i < level.used; ++i) {
        const std::size_t at = (level.newest + kBuckets - i) % kBuckets;
        fit.add(x, level.lows[at] - y0);
        rise.add(y0 - level.lows[at]);
        if (i + 1 >= kPointsMin && -x * width >= kGrowthSecondsMin && rise.is_shared()) {
            const double slope = fit.slope();
            const double growth = slope * -x;
            const bool toothed = growth < kManyTeeth * given_back_;
            const bool steady = fit.explains(kSteadyShare) ||
                                (!toothed && fit.scatter() <= kToothNoise * given_back_);
            // Lows lag by up to a bucket; what is far above the line is a temporary file.
            const double now = slope > 0 ? std::clamp(value_, y0 + fit.at(0), y0 + fit.at(1)) : 0;
            const double left = std::max(limit - now - (beyond ? 0 : given_back_), 0.0);
            const bool ordinary = !beyond && growth <= kOrdinaryRise * given_back_;
            if (slope > 0 && steady && !ordinary && left <= kReach * growth) {
                return {.believed = true,
                        .slope = slope / width,
                        .error = fit.slope_error() / width,
                        .span = -x * width,
                        .left = left,
                        .quickening = toothed ? 0 : quickening(level, i + 1) / width};
            }
        }
        if (level.ages[at] > kHoleMax) break;
        x -= level.ages[at];
    }
    return {};
}

ForecastResult CapacityForecast::forecast(double limit) const {
    ForecastResult result;
    if (!started_ || value_ >= limit) {
        result.will_fill = started_;
        return result;
    }
    for (std::size_t i = 0; i < kLevels; ++i) {
        const Line line = believed_line(levels_[i], i, limit);
        const double seconds = seconds_at(line, line.slope);
        if (!line.believed || (result.will_fill && result.seconds <= seconds)) continue;
        const double slow = line.slope - kSlopeSpread * line.error;
        result.will_fill = true;
        result.seconds = seconds;
        result.seconds_low = seconds_at(line, line.slope + kSlopeSpread * line.error);
        result.seconds_high =
            slow > 0 ? seconds_at(line, slow) : std::numeric_limits<double>::infinity();
        result.rate_per_second = line.slope;
        result.growth_span_seconds = line.span;
    }
    return result;
}

}  // namespace homeostat
