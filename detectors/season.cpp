#include "detectors/season.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace homeostat {
namespace {

constexpr double kHour = 3600;
constexpr std::int64_t kHoursOfWeek = 7 * 24;
constexpr double kRowsTrusted = 3;  // rows after which an hour's own mean outweighs the overall one

}  // namespace

Season::Place Season::place_of(double local_seconds) {
    constexpr double kHoursMax = 1e15;  // further, hours cannot be told apart
    const double hours = local_seconds / kHour;
    const double middle = std::fabs(hours) < kHoursMax ? hours - 0.5 : 0;  // means are of half past
    const double whole = std::floor(middle);
    const std::int64_t of_week = static_cast<std::int64_t>(whole) % kHoursOfWeek;
    const auto before = static_cast<std::size_t>(of_week < 0 ? of_week + kHoursOfWeek : of_week);
    const std::size_t after = before + 1 < kHoursOfWeek ? before + 1 : 0;
    const double share_after = middle - whole;
    return {.before = before % 24,
            .after = after % 24,
            .share_after = share_after,
            .week_before = before,
            .week_after = after,
            .week_hour = share_after < 0.5 ? before : after};
}

double Season::hour_mean(std::size_t hour) const {
    const double trust = rows_[hour] / (rows_[hour] + kRowsTrusted);
    return trust * means_[hour] + (1 - trust) * overall_;
}

double Season::expected(const Place& place) const {
    return (1 - place.share_after) * hour_mean(place.before) +
           place.share_after * hour_mean(place.after);
}

bool Season::is_sound() const {
    const auto sound = [](float x) { return std::isfinite(x); };
    return std::all_of(means_.begin(), means_.end(), sound) &&
           std::all_of(rows_.begin(), rows_.end(), sound) && sound(overall_);
}

void Season::shift(double by) {
    for (float& mean : means_) mean += static_cast<float>(by);
    overall_ += static_cast<float>(by);
}

void Season::learn(const Place& place, double residual, double rows_max, double overall_step) {
    const bool known = rows_[place.before] > 0 && rows_[place.after] > 0;
    const double now = known ? 0 : expected(place);  // where an hour begins
    learn_hour(place.before, 1 - place.share_after, residual, now, rows_max);
    learn_hour(place.after, place.share_after, residual, now, rows_max);
    overall_ += static_cast<float>(overall_step);
}

void Season::learn_hour(std::size_t hour, double weight, double residual, double expected_now,
                        double rows_max) {
    if (weight <= 0) return;
    if (rows_[hour] <= 0) means_[hour] = static_cast<float>(expected_now);
    rows_[hour] = static_cast<float>(std::min(rows_[hour] + weight, rows_max));
    means_[hour] += static_cast<float>(weight / std::max(1.0, double{rows_[hour]}) * residual);
}

}  // namespace homeostat
