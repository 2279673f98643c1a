#include "detectors/recurring_jobs.hpp"

#include <algorithm>
#include <cmath>

#include "detectors/whole_periods.hpp"

namespace homeostat {
namespace {

constexpr double kHour = 3600;
constexpr double kDay = 24 * kHour;
constexpr double kPerOctave = 4;
constexpr int kStandsOut = 4;        // an octave above the rest of the day
constexpr double kGiveOrTake = 600;  // seconds by which a job may come early or late

std::size_t hour_of(double second_of_day) {
    return std::min<std::size_t>(static_cast<std::size_t>(second_of_day / kHour), 23);
}

}  // namespace

// On every one of the days.
std::uint8_t RecurringJobs::reached(std::size_t hour) const {
    return *std::min_element(days_[hour].begin(), days_[hour].end());
}

void RecurringJobs::observe(double local_seconds, double score) {
    const std::size_t hour = hour_of(after_whole_periods(local_seconds, kDay));
    if (hour != hour_) {
        if (hour_ != kNone) close_hour();
        hour_ = static_cast<std::uint8_t>(hour);
        most_ = 0;
    }
    most_ = std::max(most_, static_cast<float>(std::min(score, 1e30)));
}

void RecurringJobs::close_hour() {
    auto& days = days_[hour_];
    for (std::size_t i = kDays - 1; i > 0; --i) days[i] = days[i - 1];
    const double place = most_ >= 1 ? 1 + kPerOctave * std::log2(double{most_}) : 0;
    days[0] = static_cast<std::uint8_t>(std::min(place, 255.0));
    std::array<std::uint8_t, 24> hours{};
    for (std::size_t i = 0; i < hours.size(); ++i) hours[i] = reached(i);
    std::nth_element(hours.begin(), hours.begin() + 12, hours.end());
    rest_ = hours[12];
}

double RecurringJobs::usual(double local_seconds) const {
    const double of_day = after_whole_periods(local_seconds, kDay);
    const std::size_t hour = hour_of(of_day);
    const double into = of_day - static_cast<double>(hour) * kHour;
    std::uint8_t most = reached(hour);
    if (into < kGiveOrTake) most = std::max(most, reached((hour + 23) % 24));
    if (into >= kHour - kGiveOrTake) most = std::max(most, reached((hour + 1) % 24));
    if (most < rest_ + kStandsOut) return 0;
    return std::exp2(most / kPerOctave);  // the upper edge of its quarter
}

bool RecurringJobs::is_sound() const {
    return std::isfinite(most_) && most_ >= 0 && (hour_ < 24 || hour_ == kNone);
}

}  // namespace homeostat
