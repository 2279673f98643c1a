#include "detectors/usual_range.hpp"

#include <algorithm>
#include <cmath>

namespace homeostat {
namespace {

constexpr double kDay = 86400;
constexpr std::size_t kDaysForExceptions = 7;

// The least of the days, or from a week on the second least.
template <typename Less>
float edge_of(std::array<float, 14> days, std::size_t count, Less less) {
    const std::size_t place = count >= kDaysForExceptions ? 1 : 0;
    std::nth_element(days.begin(), days.begin() + static_cast<std::ptrdiff_t>(place),
                     days.begin() + static_cast<std::ptrdiff_t>(count), less);
    return days[place];
}

}  // namespace

void UsualRange::observe(double local_seconds, double mean) {
    const double whole = std::clamp(std::floor(local_seconds / kDay), -2e9, 2e9);
    const auto day = static_cast<std::int32_t>(whole);
    const auto value = static_cast<float>(mean);
    if (open_ != 0 && day != day_) {
        close_day();
        open_ = 0;
    }
    if (open_ == 0) {
        day_ = day;
        low_ = high_ = value;
        open_ = 1;
    }
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
}

void UsualRange::close_day() {
    lows_[next_] = low_;
    highs_[next_] = high_;
    next_ = static_cast<std::uint8_t>((next_ + 1U) % kDays);
    if (days_ < kDays) ++days_;
    floor_ = edge_of(lows_, days_, [](float a, float b) { return a < b; });
    ceiling_ = edge_of(highs_, days_, [](float a, float b) { return a > b; });
}

bool UsualRange::is_sound() const {
    const auto sound = [](float x) { return std::isfinite(x); };
    return std::all_of(lows_.begin(), lows_.end(), sound) &&
           std::all_of(highs_.begin(), highs_.end(), sound) && sound(low_) && sound(high_) &&
           sound(floor_) && sound(ceiling_) && days_ <= kDays && next_ < kDays && open_ <= 1;
}

}  // namespace homeostat
