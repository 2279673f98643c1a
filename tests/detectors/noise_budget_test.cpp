#include "detectors/noise_budget.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

#include "detectors/onset.hpp"

using namespace homeostat;

TEST_CASE("noise budget: read from words") {
    struct Row {
        std::string_view text;
        double seconds;
    };
    for (const Row& row :
         {Row{"1 per week", 604800}, Row{"3 per day", 28800}, Row{"2 per month", 1296000},
          Row{"1 per hour", 3600}, Row{"0.5 per day", 172800}, Row{"  1  a   week ", 604800}}) {
        CAPTURE(row.text);
        const auto rate = parse_noise_budget(row.text);
        REQUIRE(rate);
        CHECK(1 / *rate == doctest::Approx(row.seconds));
    }
}

TEST_CASE("noise budget: what cannot be read is quoted") {
    for (const char* text :
         {"", "week", "1", "1 per", "1 per year", "one per week", "0 per week", "-1 per day",
          "nan per day", "inf per day", "1e9 per hour", "1 per week please", "1 week"}) {
        CAPTURE(text);
        const auto rate = parse_noise_budget(text);
        REQUIRE_FALSE(rate);
        CHECK(rate.error().text.view().find("'1 per week'") != std::string_view::npos);
    }
}

TEST_CASE("noise budget: many series share it, and a tighter one is stricter") {
    const NoiseBudget weekly(1.0 / 604800);
    CHECK(weekly.series_flag(1) == doctest::Approx(kSeriesFlag));
    CHECK(weekly.series_flag(2000) > 400 * kSeriesFlag);
    CHECK(weekly.host_flag() == doctest::Approx(kHostFlag));
    const NoiseBudget monthly(1.0 / (30 * 86400.0));
    CHECK(monthly.series_flag(100) > 4 * weekly.series_flag(100));
    CHECK(monthly.host_flag() > kHostFlag + 2);
    const NoiseBudget daily(1.0 / 86400);
    CHECK(daily.host_flag() == doctest::Approx(kHostFlag));
}

namespace {

// Reports in so many days of noise whose tail falls like 1 / score^steepness, one score an hour.
int reports(double steepness, double size, int days, NoiseBudget& budget) {
    std::uint64_t state = 7;
    int count = 0;
    for (int hour = 0; hour < 24 * days; ++hour) {
        budget.pass(3600);
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        const double share = (static_cast<double>(state >> 11U) + 1) / 9007199254740993.0;
        if (size * std::pow(share, -1 / steepness) < budget.series_flag(1)) continue;
        budget.spend();
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("noise budget: kept whatever the tails are, from the first month and after drift") {
    for (const double steepness : {0.7, 1.0, 2.0, 4.0}) {
        CAPTURE(steepness);
        NoiseBudget budget(1.0 / 604800);
        // Some first reports, to find the level.
        CHECK(reports(steepness, 1, 28, budget) <= 4 + 10);
        CHECK(reports(steepness, 1, 364, budget) <= 52 + 4);
        // The host becomes three times as noisy for good.
        CHECK(reports(steepness, 3, 364, budget) <= 52 + 10);
    }
}

TEST_CASE("noise budget: a quiet host is as watchful as the shipped flags, after a while") {
    NoiseBudget budget(1.0 / 604800);
    for (int i = 0; i < 3; ++i) budget.spend();
    CHECK(budget.strictness() == 3);
    budget.pass(21 * 86400);
    CHECK(budget.strictness() == doctest::Approx(0).epsilon(1e-9));
    budget.pass(1e9);
    CHECK(budget.strictness() == 0);
    budget.pass(-5);
    CHECK(budget.strictness() == 0);
    for (int i = 0; i < 1000; ++i) budget.spend();
    CHECK(std::isfinite(budget.series_flag(100'000)));
}
