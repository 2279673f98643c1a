#include "detectors/forecast.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace homeostat;

namespace {

constexpr double kDay = 86400;
constexpr double kTenMinutes = 600;

// Small repeatable noise in [-1, 1].
double noise(int i) {
    return std::sin(i * 12.9898) * std::cos(i * 78.233);
}

}  // namespace

TEST_CASE("forecast: a runaway writer is seen within half a minute") {
    CapacityForecast forecast;
    double used = 0.3;
    int seen_at = -1;
    for (int second = 0; second < 120 && seen_at < 0; ++second) {
        forecast.observe(second, used);
        if (second >= 30) used += 0.7 / 120;  // full two minutes after it began
        if (forecast.forecast(1).will_fill) seen_at = second;
    }
    CHECK(seen_at >= 45);
    CHECK(seen_at <= 65);
    for (int second = seen_at + 1; second <= seen_at + 20; ++second) {
        forecast.observe(second, used);
        used += 0.7 / 120;
    }
    const ForecastResult result = forecast.forecast(1);
    CHECK(result.seconds == doctest::Approx(150 - seen_at - 20).epsilon(0.1));
    CHECK(result.seconds_low <= result.seconds);
    CHECK(result.seconds_high >= result.seconds);
    CHECK(result.rate_per_second == doctest::Approx(0.7 / 120).epsilon(0.1));
}

TEST_CASE("forecast: slow growth is believed when it has been seen long enough") {
    CapacityForecast forecast;
    for (int i = 0; i < 144; ++i) forecast.observe(i * kTenMinutes, 0.5 + i * 0.05 / 144);
    CHECK_FALSE(forecast.forecast(1).will_fill);  // nine days, after one day of growth
    for (int i = 144; i < 6 * 144; ++i) forecast.observe(i * kTenMinutes, 0.5 + i * 0.05 / 144);
    REQUIRE(forecast.forecast(1).will_fill);
    CHECK(forecast.forecast(1).seconds / kDay == doctest::Approx(4).epsilon(0.05));
}

TEST_CASE("forecast: noise, a flat line, a shrinking and a constant series never fill") {
    for (const double slope : {0.0, -0.00001}) {
        CapacityForecast forecast;
        CapacityForecast constant;
        for (int i = 0; i < 100000; ++i) {
            forecast.observe(i, 0.6 + slope * i / 10 + 0.01 * noise(i));
            constant.observe(i, 0.6);
            if (i % 7 == 0) {
                CHECK_FALSE(forecast.forecast(1).will_fill);
                CHECK_FALSE(constant.forecast(1).will_fill);
            }
        }
    }
}

TEST_CASE("forecast: a nightly clean-up is learned from its second night on") {
    CapacityForecast forecast;
    int cries = 0;
    for (int i = 0; i < 20 * 144; ++i) {
        const double tooth = i % 144 / 144.0;
        forecast.observe(i * kTenMinutes, 0.4 + 0.4 * tooth);
        if (i > 2 * 144 && forecast.forecast(1).will_fill) ++cries;
    }
    CHECK(cries == 0);
    // One night the clean-up does not come.
    for (int i = 0; i < 100; ++i) {
        forecast.observe((20 * 144 + i) * kTenMinutes, 0.8 + 0.4 * i / 144.0);
        if (0.8 + 0.4 * i / 144.0 > 0.98) break;
    }
    CHECK(forecast.forecast(1).will_fill);
}

TEST_CASE("forecast: somebody's tidying up is not taken for a habit") {
    CapacityForecast forecast;
    for (int i = 0; i < 200; ++i) forecast.observe(i, 0.3 + i * 0.003);
    for (int i = 200; i < 300; ++i) forecast.observe(i, 0.3, true);
    for (int i = 300; i < 400; ++i) forecast.observe(i, 0.3 + (i - 300) * 0.003);
    CHECK(forecast.forecast(1).will_fill);
}

TEST_CASE("forecast: a burst that stops is forgotten when it stops") {
    CapacityForecast forecast;
    for (int i = 0; i < 3600; ++i) forecast.observe(i, 0.5);
    for (int i = 0; i < 20; ++i) forecast.observe(3600 + i, 0.5 + 0.001 * i);
    CHECK_FALSE(forecast.forecast(1).will_fill);  // 2 % in 20 s, half of the disk to go
    for (int i = 0; i < 600; ++i) {
        forecast.observe(3620 + i, 0.52);
        if (i > 60) CHECK_FALSE(forecast.forecast(1).will_fill);
    }
}

TEST_CASE("forecast: a burst that is over is no growth, at any resolution") {
    CapacityForecast forecast;
    double second = 0;
    for (; second < 50'000; second += 2) forecast.observe(second, 0.4);
    for (int i = 0; i < 200; ++i, second += 2) forecast.observe(second, 0.4 + 0.0005 * i);
    const double over = second;
    for (; second < over + 86'400; second += 2) {
        forecast.observe(second, 0.5);
        if (second > over + 1200 && forecast.forecast(1).will_fill) {
            FAIL("forecast " << second - over << " s after the burst");
        }
    }
}

TEST_CASE("forecast: gaps, steps back and wild values do no harm") {
    CapacityForecast forecast;
    const double inf = std::numeric_limits<double>::infinity();
    const double values[] = {0.5, 1e308, -1e308, 5e-324, 0.5, inf, -inf, std::nan(""), 0.7};
    double at = 0;
    for (int i = 0; i < 5000; ++i) {
        forecast.observe(at, values[i % 9]);
        at += i % 11 == 0 ? 3e8 : (i % 5 == 0 ? -100 : 1);
        const ForecastResult result = forecast.forecast(1);
        CHECK(std::isfinite(result.seconds));
        CHECK(result.seconds >= 0);
        CHECK(std::isfinite(result.rate_per_second));
    }
}
