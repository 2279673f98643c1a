#include "detectors/season.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace homeostat;

TEST_CASE("season: a moment lies between the middles of two hours") {
    struct Row {
        double seconds;
        std::size_t before;
        std::size_t after;
        double share_after;
    };
    for (const Row& row : {Row{1800, 0, 1, 0}, Row{0, 23, 0, 0.5}, Row{3600, 0, 1, 0.5},
                           Row{86400 + 23.5 * 3600, 23, 0, 0}, Row{-1800, 23, 0, 0}}) {
        CAPTURE(row.seconds);
        const Season::Place place = Season::place_of(row.seconds);
        CHECK(place.before == row.before);
        CHECK(place.after == row.after);
        CHECK(place.share_after == doctest::Approx(row.share_after));
    }
}

TEST_CASE("season: a daily curve is learned within days") {
    Season season;
    season.start(100);
    const auto curve = [](double t) { return 100 + 50 * std::sin(t / 86400 * 2 * 3.14159265); };
    for (int minute = 0; minute < 5 * 1440; ++minute) {
        const Season::Place place = Season::place_of(minute * 60.0);
        season.learn(place, curve(minute * 60.0) - season.expected(place), 2400, 0);
    }
    for (int minute = 0; minute < 1440; minute += 10) {
        const double t = 6 * 86400 + minute * 60.0;
        CHECK(season.expected(Season::place_of(t)) == doctest::Approx(curve(t)).epsilon(0.06));
    }
}

TEST_CASE("season: an unknown hour is expected to be like the overall mean") {
    Season season;
    season.start(7);
    CHECK(season.expected(Season::place_of(12345)) == 7);
}
