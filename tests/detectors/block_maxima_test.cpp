#include "detectors/block_maxima.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace homeostat;

TEST_CASE("block maxima: a noisy series gets a higher level than a quiet one") {
    BlockMaxima quiet;
    BlockMaxima noisy;
    for (int minute = 0; minute < 30 * 24 * 60; ++minute) {
        const double wave = std::fabs(std::sin(minute * 12.9898) * std::cos(minute * 7.233));
        quiet.observe(minute * 60.0, 0.1 * wave);
        noisy.observe(minute * 60.0, 3 * wave);
    }
    CHECK(quiet.level() < 0.3);
    CHECK(noisy.level() > 2.5);
    CHECK(noisy.level() < 6);
}

TEST_CASE("block maxima: an hour in ten that is odd hardly moves the level") {
    BlockMaxima clean;
    BlockMaxima odd;
    for (int minute = 0; minute < 30 * 24 * 60; ++minute) {
        clean.observe(minute * 60.0, 0.5);
        odd.observe(minute * 60.0, minute / 60 % 10 == 0 ? 100.0 : 0.5);
    }
    CHECK(odd.level() < 1.3 * clean.level());
}

TEST_CASE("block maxima: a young series is judged by the prior") {
    const BlockMaxima fresh;
    CHECK(fresh.level() == 1);
    BlockMaxima young;
    young.observe(0, 1000);
    young.observe(4000, 0);
    CHECK(young.level() < 2);
}

TEST_CASE("block maxima: zeros, huge scores and time going back leave the level finite") {
    BlockMaxima maxima;
    double at = 0;
    for (int i = 0; i < 20000; ++i) {
        maxima.observe(at, i % 3 == 0 ? 0 : (i % 3 == 1 ? 1e300 : 1e-300));
        at += i % 7 == 0 ? -1e6 : 3601;
        CHECK(std::isfinite(maxima.level()));
        CHECK(maxima.level() > 0);
    }
}

TEST_CASE("block maxima: rarity is one bit for a median hour and grows with the score") {
    BlockMaxima maxima;
    for (int hour = 0; hour < 1000; ++hour) maxima.observe(hour * 3600.0, hour % 2 == 0 ? 1 : 8);
    CHECK(maxima.rarity_bits(6) == doctest::Approx(1).epsilon(0.1));
    CHECK(maxima.rarity_bits(0) < 0.1);
    CHECK(maxima.rarity_bits(100) > 9);
    CHECK(maxima.rarity_bits(1e300) >= maxima.rarity_bits(100));
}
