#include "detectors/onset.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace homeostat;

TEST_CASE("onset: a long event is one notification") {
    OnsetFilter filter(100);
    int notified = 0;
    for (int i = 0; i < 1000; ++i) {
        const double surprise = i >= 500 && i < 800 ? 5 + 0.1 * (i % 7) : 0.1;
        if (filter.observe(surprise) >= 1) ++notified;
    }
    CHECK(notified == 1);
}

TEST_CASE("onset: a second event is news when it is clearly worse or comes much later") {
    OnsetFilter filter(100);
    CHECK(filter.observe(4) == 4);
    CHECK(filter.observe(4.5) < 1);
    CHECK(filter.observe(9) == 9);
    for (int i = 0; i < 600; ++i) filter.observe(0);
    CHECK(filter.observe(4) == 4);
}

TEST_CASE("onset: an event that still grows has been told") {
    OnsetFilter filter(5);
    CHECK(filter.observe(4) == 4);
    CHECK(filter.observe(6) == 6);  // the first was not worth a notification
    for (int i = 0; i < 32; ++i) CHECK(filter.observe(8 + i) < 1);
    CHECK(filter.observe(80) == 80);
}

TEST_CASE("onset: surprise does not end at the first quiet row, and does end") {
    Afterglow glow;
    CHECK(glow.observe(10) == 10);
    CHECK(glow.observe(0) == doctest::Approx(6.5));
    for (int i = 0; i < 20; ++i) glow.observe(0);
    CHECK(glow.observe(0) < 0.01);
}

TEST_CASE("onset: a jump after quiet weeks calls for one notification, its plateau for none") {
    SeriesModel model;
    OnsetModel onset;
    const auto feed = [&](int i, double value) {
        const double at = i * 300.0;
        return onset.observe(at, value, model.observe(at, value));
    };
    const auto calm = [](int i) { return 20 + std::sin(i * 0.9) + 0.5 * std::sin(i * 2.3); };
    double most = 0;
    for (int i = 0; i < 4000; ++i) {
        const double strength = feed(i, calm(i));
        if (i > 1000) most = std::max(most, strength);
    }
    CHECK(most < 0.5);
    int notified = 0;
    for (int i = 4000; i < 4100; ++i) notified += feed(i, calm(i) + 60) >= 0.5 ? 1 : 0;
    CHECK(notified >= 1);
    CHECK(notified <= 3);
}

TEST_CASE("onset: bad input is quiet, and every answer lies in [0,1)") {
    SeriesModel model;
    OnsetModel onset;
    const double inf = std::numeric_limits<double>::infinity();
    CHECK(onset.observe(0, inf, {}) == 0);
    for (int i = 0; i < 5000; ++i) {
        const double value = i % 11 == 0 ? 1e308 : (i % 7 == 0 ? -1e308 : i % 3);
        const double strength = onset.observe(i * 60.0, value, model.observe(i * 60.0, value));
        CHECK(strength >= 0);
        CHECK(strength < 1);
    }
}
