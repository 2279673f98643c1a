#include "detectors/usual_range.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace homeostat;

namespace {

constexpr double kDay = 86400;

// Hourly values between 10 and 20 each day; day `odd` reaches 0 and 100.
UsualRange after_days(int days, int odd = -1) {
    UsualRange range;
    for (int hour = 0; hour < days * 24; ++hour) {
        const double usual = hour % 24 < 12 ? 10 : 20;
        const bool is_odd = hour / 24 == odd;
        range.observe(hour * 3600.0, is_odd ? (hour % 2 == 0 ? 0 : 100) : usual);
    }
    return range;
}

}  // namespace

TEST_CASE("usual range: three whole days make a range") {
    CHECK_FALSE(after_days(3).is_known());  // the third has not ended
    const UsualRange range = after_days(4);
    REQUIRE(range.is_known());
    CHECK(range.low() == 10);
    CHECK(range.high() == 20);
}

TEST_CASE("usual range: one odd day of a fortnight is an exception, in a young range it is not") {
    const UsualRange young = after_days(5, 2);
    CHECK(young.low() == 0);
    CHECK(young.high() == 100);
    const UsualRange old = after_days(12, 2);
    CHECK(old.low() == 10);
    CHECK(old.high() == 20);
}

TEST_CASE("usual range: what is older than a fortnight is forgotten") {
    UsualRange range = after_days(10);
    for (int hour = 240; hour < 240 + 15 * 24; ++hour) range.observe(hour * 3600.0, 1000);
    CHECK(range.low() == 1000);
    CHECK(range.high() == 1000);
}

TEST_CASE("usual range: steps back, gaps of years and huge values leave it sound") {
    UsualRange range;
    for (int i = 0; i < 200; ++i) {
        range.observe(i % 2 == 0 ? i * kDay : -i * 400 * kDay, i % 3 == 0 ? 1e30 : -1e30);
        CHECK(range.is_sound());
    }
    range.observe(std::numeric_limits<double>::max(), 1);
    CHECK(range.is_sound());
}
