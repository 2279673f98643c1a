#include "collectors/clock_discipline.hpp"

#include <doctest/doctest.h>
#include <sys/timex.h>

using namespace homeostat;

TEST_CASE("clock discipline: the offset's unit is what the kernel says it is") {
    const auto coarse =
        to_reading({.offset = -1500, .error_max_us = 16'000'000, .status = STA_UNSYNC});
    CHECK(coarse.offset_seconds == doctest::Approx(-0.0015));
    CHECK(coarse.error_max_seconds == doctest::Approx(16));
    CHECK_FALSE(coarse.synchronised);
    const auto fine =
        to_reading({.offset = 1500, .error_estimate_us = 20, .status = STA_NANO | STA_PLL});
    CHECK(fine.offset_seconds == doctest::Approx(1.5e-6));
    CHECK(fine.error_estimate_seconds == doctest::Approx(2e-5));
    CHECK(fine.synchronised);
}
