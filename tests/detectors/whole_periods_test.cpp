#include "detectors/whole_periods.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

using namespace homeostat;

TEST_CASE("whole periods: what is left is what fmod says, and not negative before 1970") {
    constexpr double kDay = 86400;
    for (const double seconds :
         {0.0, 1.0, 86399.0, 86400.0, 1.7e9, 1.7e9 + 0.25, 4.1e9 + 86399.75}) {
        CAPTURE(seconds);
        CHECK(after_whole_periods(seconds, kDay) == std::fmod(seconds, kDay));
    }
    CHECK(after_whole_periods(-1, kDay) == kDay - 1);
    CHECK(after_whole_periods(-kDay, kDay) == 0);
    CHECK(after_whole_periods(-3 * kDay - 60, kDay) == kDay - 60);
}

TEST_CASE("whole periods: always within the period, whatever the time") {
    for (const double seconds : {1e300, -1e300, 1e17, -1e17, 5e-324, -5e-324, -1e-20}) {
        CAPTURE(seconds);
        const double rest = after_whole_periods(seconds, 604800);
        CHECK(rest >= 0);
        CHECK(rest < 604800);
    }
}
