#include "detectors/week_profile.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace homeostat;

namespace {

constexpr int kHoursOfWeek = 7 * 24;

// Hours since a Thursday midnight; Saturday and Sunday lie 10 below the mean, the rest 4 above.
double weekend(int hour) {
    const int day = hour / 24 % 7;
    return day == 2 || day == 3 ? -10 : 4;
}

Season::Place place_of(int hour) {
    return Season::place_of(hour * 3600.0 + 1800);
}

template <typename Residual>
WeekProfile after_weeks(int weeks, Residual residual) {
    WeekProfile profile;
    for (int hour = 0; hour < weeks * kHoursOfWeek; ++hour) {
        profile.learn(place_of(hour), residual(hour), 14 * 24);
    }
    return profile;
}

}  // namespace

TEST_CASE("week profile: a quiet weekend is known from the third week on") {
    const WeekProfile young = after_weeks(2, weekend);
    CHECK(young.offset(place_of(2 * 24 + 12)) == 0);  // nothing to compare the two weeks with yet
    const WeekProfile profile = after_weeks(4, weekend);
    const double saturday = profile.offset(place_of(4 * kHoursOfWeek + 2 * 24 + 12));
    const double tuesday = profile.offset(place_of(4 * kHoursOfWeek + 5 * 24 + 12));
    CHECK(saturday - tuesday == doctest::Approx(-14).epsilon(0.05));
}

TEST_CASE("week profile: a level that is off all week is no day of the week") {
    const WeekProfile profile = after_weeks(5, [](int hour) { return 50 + weekend(hour); });
    double sum = 0;
    for (int hour = 0; hour < kHoursOfWeek; ++hour) sum += profile.offset(place_of(hour));
    CHECK(std::fabs(sum / kHoursOfWeek) < 0.5);
}

TEST_CASE("week profile: noise says nothing about days of the week") {
    const WeekProfile profile =
        after_weeks(6, [](int hour) { return std::sin(hour * 12.9898) * 5; });
    for (int hour = 0; hour < kHoursOfWeek; ++hour) CHECK(profile.offset(place_of(hour)) == 0);
}

TEST_CASE("week profile: what becomes larger makes the steps coarser, and stays sound") {
    const WeekProfile profile =
        after_weeks(6, [](int hour) { return weekend(hour) * (hour < 500 ? 1e-3 : 1e3); });
    CHECK(profile.is_sound());
    const double saturday = profile.offset(place_of(2 * 24 + 12));
    CHECK(std::isfinite(saturday));
    CHECK(saturday < -1000);
}

TEST_CASE("week profile: bytes that no history leads to are not sound") {
    WeekProfile profile = after_weeks(1, weekend);
    CHECK(profile.is_sound());
    profile.learn(place_of(0), std::numeric_limits<float>::infinity(), 10);
    profile.learn(place_of(1), 0, 10);
    CHECK_FALSE(profile.is_sound());
}
