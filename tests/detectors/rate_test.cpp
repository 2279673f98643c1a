#include "detectors/rate.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

Instant at(std::int64_t second) {
    return {.monotonic_ns = second * 1'000'000'000, .unix_ns = 0};
}

}  // namespace

TEST_CASE("rate: growth per second, over gaps too") {
    RateState rate;
    CHECK_FALSE(rate.observe(100, at(1)));
    CHECK(rate.observe(110, at(2)).value() == doctest::Approx(10));
    CHECK(rate.observe(110, at(3)) == 0);
    CHECK(rate.observe(710, at(63)).value() == doctest::Approx(600.0 / 60));
}

TEST_CASE("rate: a counter that went down was reset: that step has no rate") {
    RateState rate;
    rate.observe(1000, at(1));
    CHECK_FALSE(rate.observe(5, at(2)));
    CHECK(rate.observe(8, at(3)).value() == doctest::Approx(3));
}

TEST_CASE("rate: two readings at one moment give none") {
    RateState rate;
    rate.observe(1, at(1));
    CHECK_FALSE(rate.observe(2, at(1)));
    CHECK(rate.observe(3, at(2)).value() == doctest::Approx(2));
}
