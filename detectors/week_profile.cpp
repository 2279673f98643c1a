#include "detectors/week_profile.hpp"

#include <algorithm>
#include <cmath>

namespace homeostat {
namespace {

constexpr double kWeeksRemembered = 6;
constexpr std::uint8_t kWeeksMin = 2;  // of each day, before the profile says anything
constexpr std::uint8_t kWeeksMax = 100;
constexpr double kClearlyNearer = 0.75;  // of the usual day's error
constexpr double kStepsMax = 127;
constexpr double kStepsAtFirst = 32;  // room to grow before steps have to become coarser

}  // namespace

double WeekProfile::bin(std::size_t hour) const {
    int all_days = 0;
    for (std::size_t day = 0; day < weeks_.size(); ++day) {
        if (weeks_[day] < kWeeksMin) return 0;
        all_days += steps_[day * 24 + hour % 24];
    }
    const auto days = static_cast<double>(weeks_.size());
    return (steps_[hour] - all_days / days) * static_cast<double>(step_size_);
}

double WeekProfile::learned(const Season::Place& place) const {
    return (1 - place.share_after) * bin(place.week_before) +
           place.share_after * bin(place.week_after);
}

double WeekProfile::offset(const Season::Place& place) const {
    const bool nearer = week_error_ < kClearlyNearer * double{day_error_};
    return nearer ? learned(place) : 0;
}

void WeekProfile::learn(const Season::Place& place, double residual, double rows_max) {
    const auto hour = static_cast<std::uint8_t>(place.week_hour);
    if (hour != hour_) {
        if (hour_ != kNone) close_hour();
        hour_ = hour;
        sum_ = 0;
        rows_ = 0;
    }
    if (weeks_[hour / 24] > 0) {
        compared_ = static_cast<float>(std::min(compared_ + 1.0, std::max(rows_max, 1.0)));
        const double weight = 1 / double{compared_};
        day_error_ += static_cast<float>(weight * (std::fabs(residual) - day_error_));
        week_error_ +=
            static_cast<float>(weight * (std::fabs(residual - learned(place)) - week_error_));
    }
    sum_ += static_cast<float>(residual);
    ++rows_;
}

void WeekProfile::close_hour() {
    const std::size_t day = hour_ / 24U;
    const double weeks = std::min<double>(weeks_[day], kWeeksRemembered - 1);
    const double before = steps_[hour_] * static_cast<double>(step_size_);
    set_bin(hour_, before + (double{sum_} / rows_ - before) / (weeks + 1));
    if (hour_ % 24 == 23 && weeks_[day] < kWeeksMax) ++weeks_[day];
}

// Makes the steps coarser until it fits.
void WeekProfile::set_bin(std::size_t hour, double value) {
    if (step_size_ <= 0) step_size_ = static_cast<float>(std::fabs(value) / kStepsAtFirst);
    if (!(step_size_ > 0)) return;
    while (std::fabs(value) > kStepsMax * step_size_) {
        step_size_ *= 2;
        for (std::int8_t& step : steps_) step = static_cast<std::int8_t>(step / 2);
    }
    steps_[hour] = static_cast<std::int8_t>(std::lround(value / step_size_));
}

bool WeekProfile::is_sound() const {
    return std::isfinite(step_size_) && step_size_ >= 0 && std::isfinite(sum_) && rows_ >= 0 &&
           std::isfinite(rows_) && std::isfinite(day_error_) && std::isfinite(week_error_) &&
           compared_ >= 0 && std::isfinite(compared_) && (hour_ < kHours || hour_ == kNone);
}

}  // namespace homeostat
