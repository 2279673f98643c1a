#include "detectors/series_model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "detectors/onset.hpp"

using namespace homeostat;

namespace {

constexpr int kDayMinutes = 1440;

double noise(int i) {
    double sum = 0;
    for (int k = 1; k <= 4; ++k) sum += std::sin(i * 12.9898 * k + k) * std::cos(i * 78.233 / k);
    return sum / 2;
}

double daily(int minute) {
    return 100 + 30 * std::sin(minute * 2 * 3.14159265 / kDayMinutes) + 2 * noise(minute);
}

// A model that has seen a fortnight of an ordinary daily curve.
SeriesModel trained() {
    SeriesModel model;
    for (int minute = 0; minute < 14 * kDayMinutes; ++minute)
        model.observe(minute * 60.0, daily(minute));
    return model;
}

constexpr int kNow = 14 * kDayMinutes;

}  // namespace

TEST_CASE("series model: an ordinary day surprises nobody") {
    SeriesModel model = trained();
    double most = 0;
    for (int minute = kNow; minute < kNow + kDayMinutes; ++minute) {
        most = std::max(most, model.observe(minute * 60.0, daily(minute)).surprise);
    }
    CHECK(most < 1);
}

TEST_CASE("series model: spike, fall, vanished traffic and shift are odd at once") {
    struct Row {
        const char* what;
        double factor;
        double offset;
        bool rising;
    };
    for (const Row& row : {Row{"spike", 1, 80, true}, Row{"fall", 1, -60, false},
                           Row{"vanished", 0, 0, false}, Row{"doubled", 2, 0, true}}) {
        CAPTURE(row.what);
        SeriesModel model = trained();
        const SeriesVerdict verdict =
            model.observe(kNow * 60.0, daily(kNow) * row.factor + row.offset);
        CHECK(verdict.surprise > 1);
        CHECK(verdict.rising == row.rising);
        CHECK(verdict.expected == doctest::Approx(100).epsilon(0.1));
    }
}

TEST_CASE("series model: six hours of a fault do not teach it that the fault is normal") {
    SeriesModel model = trained();
    for (int minute = kNow; minute < kNow + 360; ++minute) model.observe(minute * 60.0, 300);
    const int after = kNow + kDayMinutes;
    for (int minute = kNow + 360; minute < after; ++minute) {
        model.observe(minute * 60.0, daily(minute));
    }
    double most = 0;
    for (int minute = after; minute < after + 360; ++minute) {
        most = std::max(most, model.observe(minute * 60.0, daily(minute)).surprise);
    }
    CHECK(most < 1);
    CHECK(model.observe((after + 360) * 60.0, 300).surprise > 1);
}

TEST_CASE("series model: a counter that is mostly zero is not infinitely odd when it moves") {
    SeriesModel model;
    for (int i = 0; i < 14 * kDayMinutes; ++i) {
        const double surprise = model.observe(i * 60.0, i % 97 == 0 ? 3 : 0).surprise;
        if (i > kDayMinutes) CHECK(surprise < 3);
    }
    CHECK(model.observe(14.0 * 86400, 3000).surprise > 3);
}

TEST_CASE("series model: rows of a minute and rows of an hour both work") {
    for (const int step : {60, 300, 3600}) {
        CAPTURE(step);
        SeriesModel model;
        const int rows = 30 * 86400 / step;
        double most = 0;
        for (int i = 0; i < rows; ++i) {
            const double surprise = model.observe(i * double(step), daily(i * step / 60)).surprise;
            if (i > rows / 2) most = std::max(most, surprise);
        }
        CHECK(most < 1.5);
        CHECK(model.observe(rows * double(step), 400).surprise > 1);
    }
}

TEST_CASE("series model: bad input gives a finite surprise and never a broken state") {
    const double inf = std::numeric_limits<double>::infinity();
    const std::vector<double> bad{0,   -1,   1e308,        -1e308, 5e-324,
                                  inf, -inf, std::nan(""), 1e-12,  1e15};
    const std::vector<double> steps{60, 0, -3600, 1, 3e8, 60, -60, 86400 * 3650.0};
    SeriesModel model;
    double at = 1.5e9;
    for (int i = 0; i < 20000; ++i) {
        const SeriesVerdict verdict = model.observe(at, bad[static_cast<std::size_t>(i * 7 % 10)]);
        CHECK(std::isfinite(verdict.surprise));
        CHECK(verdict.surprise >= 0);
        CHECK(score_of(verdict.surprise) <= 1);
        CHECK(std::isfinite(verdict.expected));
        at += steps[static_cast<std::size_t>(i % 8)];
    }
    CHECK(model.observe(inf, 1).surprise == 0);
}

TEST_CASE("series model: the same input gives the same state, bit for bit") {
    SeriesModel a;
    SeriesModel b;
    for (int i = 0; i < 5000; ++i) {
        const SeriesVerdict x = a.observe(i * 60.0, daily(i));
        const SeriesVerdict y = b.observe(i * 60.0, daily(i));
        REQUIRE(std::memcmp(&x.surprise, &y.surprise, sizeof x.surprise) == 0);
    }
}

TEST_CASE("series model: a young series is quiet") {
    SeriesModel model;
    CHECK_FALSE(model.is_ready());
    for (int i = 0; i < 19; ++i) CHECK(model.observe(i * 60.0, i % 2 * 1000).surprise == 0);
    model.observe(19 * 60.0, 1);
    CHECK(model.is_ready());
}

namespace {

// A reproducible source of bad numbers.
class BadNumbers {
public:
    double next() {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        const double share = static_cast<double>(state_ >> 11U) / 9007199254740992.0;
        switch (state_ % 13) {
            case 0: return std::numeric_limits<double>::quiet_NaN();
            case 1: return std::numeric_limits<double>::infinity();
            case 2: return -std::numeric_limits<double>::infinity();
            case 3: return std::numeric_limits<double>::denorm_min();
            case 4: return 1e308;
            case 5: return -1e308;
            case 6: return 0;
            case 7: return -0.0;
            case 8: return 1e-300 * share;
            case 9: return std::exp(700 * (share - 0.5));
            default: return share;
        }
    }

private:
    std::uint64_t state_ = 99;
};

}  // namespace

TEST_CASE("series model: no input leads to a state or a score that is not finite") {
    for (const double step : {60.0, 0.0, -60.0, 1e-9, 3.2e8, 1e300}) {
        CAPTURE(step);
        SeriesModel model;
        BadNumbers values;
        double seconds = 1.7e9;
        for (int i = 0; i < 5000; ++i) {
            // Mostly the same value, so that scales are tiny when the bad one comes.
            const double value = i % 7 == 6 ? values.next() : 1;
            const double score = score_of(model.observe(seconds, value).surprise);
            REQUIRE(score >= 0);
            REQUIRE(score <= 1);
            REQUIRE(model.is_sound());
            seconds += i % 11 == 10 ? 7 * step : step;
        }
        model.observe(std::numeric_limits<double>::quiet_NaN(), 1);
        model.observe(std::numeric_limits<double>::infinity(), 1);
        REQUIRE(model.is_sound());
    }
}

TEST_CASE("series model: what never changes is never odd, whatever its size") {
    for (const double value : {0.0, 1.0, -1.0, 1e-300, 1e30, 1e308}) {
        CAPTURE(value);
        SeriesModel model;
        double worst = 0;
        for (int i = 0; i < 3000; ++i) {
            worst = std::max(worst, model.observe(60.0 * i, value).surprise);
        }
        CHECK(worst < 1e-3);  // what single precision makes of it
    }
}

TEST_CASE("series model: after ten years of silence it goes on") {
    SeriesModel model;
    for (int i = 0; i < 3000; ++i) model.observe(60.0 * i, 10 + i % 5);
    const double later = 3000 * 60.0 + 10 * 365 * 86400.0;
    double worst = 0;
    for (int i = 0; i < 60; ++i) {
        worst = std::max(worst, model.observe(later + 60.0 * i, 10 + i % 5).surprise);
    }
    CHECK(worst < kSeriesFlag);
}

TEST_CASE("series model: rows told twice are not odd") {
    SeriesModel model;
    double worst = 0;
    for (int i = 0; i < 3000; ++i) {
        for (int k = 0; k < 2; ++k) {
            const double surprise = model.observe(60.0 * i, 10 + i % 5).surprise;
            if (i > 100) worst = std::max(worst, surprise);
        }
    }
    CHECK(worst < kSeriesFlag);
}

TEST_CASE("series model: a value that always moved and now stands still is frozen") {
    SeriesModel model = trained();
    const double stuck = daily(kNow);
    SeriesVerdict verdict;
    for (int minute = kNow; minute < kNow + 70; ++minute)
        verdict = model.observe(minute * 60.0, stuck);
    CHECK(verdict.surprise >= kSeriesFlag);
    CHECK(verdict.horizon == Horizon::Frozen);
    CHECK(verdict.kind == FindingKind::FlatLine);
    CHECK(model.last_verdict().horizon == Horizon::Frozen);
    CHECK(model.observe((kNow + 70) * 60.0, daily(kNow + 70)).surprise < kSeriesFlag);
}

TEST_CASE("series model: a value that stands still every night is not frozen") {
    SeriesModel model;
    double most = 0;
    for (int minute = 0; minute < 14 * kDayMinutes; ++minute) {
        const bool night = minute % kDayMinutes < 480;
        const double value = night ? 100 : daily(minute);
        const SeriesVerdict verdict = model.observe(minute * 60.0, value);
        if (minute > 3 * kDayMinutes && verdict.horizon == Horizon::Frozen) {
            most = std::max(most, verdict.surprise);
        }
    }
    CHECK(most < 1);
}

TEST_CASE("series model: a question that is always loud does not drown the others") {
    SeriesModel model;
    // Once an hour a row is far off: many scales are this series' bad hour, for what looks at rows.
    const auto usual = [](int i) { return 100 + noise(i) + (i % 60 == 30 ? 400 : 0); };
    for (int i = 0; i < kNow; ++i) model.observe(i * 60.0, usual(i));
    SeriesVerdict verdict;
    for (int i = kNow + 31; i < kNow + 61; ++i) verdict = model.observe(i * 60.0, usual(i) + 60);
    CHECK(verdict.horizon == Horizon::Level);
    CHECK(verdict.surprise >= 1);
    CHECK(verdict.surprise > 2 * verdict.news.surprise);
}

TEST_CASE("series model: the last verdict is kept for whoever asks later") {
    SeriesModel model = trained();
    SeriesVerdict verdict;
    for (int minute = kNow; minute < kNow + 5; ++minute)
        verdict = model.observe(minute * 60.0, 300);
    CHECK(verdict.odd_seconds == doctest::Approx(300));
    CHECK(verdict.hours_between > 20);
    const SeriesVerdict kept = model.last_verdict();
    CHECK(kept.surprise == doctest::Approx(verdict.surprise));
    CHECK(kept.odd_seconds == doctest::Approx(300));
    CHECK(kept.horizon == verdict.horizon);
    CHECK(kept.rising);
}

TEST_CASE("series model: which way it went is said by the horizon that spoke") {
    SeriesModel model = trained();
    model.observe(kNow * 60.0, 500);
    // The quarter-hour mean is still high when the value is back.
    const SeriesVerdict after = model.observe((kNow + 1) * 60.0, daily(kNow + 1));
    REQUIRE(after.horizon == Horizon::Level);
    CHECK(after.rising);
    CHECK(model.last_verdict().rising);
}

TEST_CASE("series model: while it is held it judges, and learns nothing") {
    SeriesModel held = trained();
    SeriesModel free = trained();
    held.hold_learning((kNow + 2 * kDayMinutes) * 60.0);
    CHECK(held.is_held());
    const double usual = held.usual_at(kNow * 60.0);
    for (int minute = kNow; minute < kNow + kDayMinutes; ++minute) {
        CHECK(held.observe(minute * 60.0, 300).surprise > 1);
        free.observe(minute * 60.0, 300);
    }
    CHECK(held.usual_at(kNow * 60.0) == usual);
    CHECK(free.usual_at(kNow * 60.0) != usual);
    held.resume_learning();
    CHECK_FALSE(held.is_held());
    double most = 0;
    for (int minute = kNow + kDayMinutes + 30; minute < kNow + 2 * kDayMinutes; ++minute) {
        const double surprise = held.observe(minute * 60.0, daily(minute)).surprise;
        if (minute > kNow + kDayMinutes + 120) most = std::max(most, surprise);
    }
    CHECK(most < kSeriesFlag);
}

TEST_CASE("series model: what is still there at the end of a hold is normal from then on") {
    SeriesModel model = trained();
    model.accept_as_normal();  // nothing was held: nothing to accept
    const double usual = model.usual_at(kNow * 60.0);
    model.hold_learning((kNow + kDayMinutes) * 60.0);
    for (int minute = kNow; minute < kNow + kDayMinutes; ++minute) {
        model.observe(minute * 60.0, daily(minute) + 200);
    }
    model.accept_as_normal();
    CHECK(model.usual_at(kNow * 60.0) == doctest::Approx(usual + 200).epsilon(0.03));
    double most = 0;
    for (int minute = kNow + kDayMinutes; minute < kNow + 2 * kDayMinutes; ++minute) {
        most = std::max(most, model.observe(minute * 60.0, daily(minute) + 200).surprise);
    }
    CHECK(most < kSeriesFlag);
}

TEST_CASE("series model: a series of an hour learns also while it is held") {
    SeriesModel model;
    model.hold_learning(1e9);
    for (int i = 0; i < 60; ++i) model.observe(i * 60.0, daily(i));
    CHECK(model.is_ready());
    CHECK(model.usual_at(0) == doctest::Approx(100).epsilon(0.2));
}

TEST_CASE("series model: the clocks change twice a year and nobody is surprised") {
    for (const double step : {3600.0, -3600.0}) {
        CAPTURE(step);
        SeriesModel model = trained();
        double most = 0;
        for (int minute = kNow + 120; minute < kNow + kDayMinutes; ++minute) {
            const double local = minute * 60.0 + step;  // people, and their traffic, move along
            most = std::max(most, model.observe(local, daily(minute + int(step / 60))).surprise);
        }
        CHECK(most < kSeriesFlag);
    }
}

TEST_CASE("series model: a job at the same hour of each day is learned in three days") {
    SeriesModel model;
    const auto value = [](int minute) {
        const int of_day = minute % kDayMinutes;
        return daily(minute) + (of_day >= 360 && of_day < 375 ? 150 : 0);
    };
    double first = 0;
    double last = 0;
    double joint = 0;
    for (int minute = 0; minute < 20 * kDayMinutes; ++minute) {
        const bool job = minute >= 14 * kDayMinutes;  // begins after a fortnight
        const SeriesVerdict verdict =
            model.observe(minute * 60.0, job ? value(minute) : daily(minute));
        if (job && minute < 15 * kDayMinutes) first = std::max(first, verdict.surprise);
        if (minute >= 19 * kDayMinutes) last = std::max(last, verdict.surprise);
        if (minute >= 19 * kDayMinutes) joint = std::max(joint, verdict.news.surprise);
    }
    CHECK(first > kSeriesFlag);
    CHECK(last < 1);
    CHECK(joint > last);  // beside others that are odd the hour is no excuse
}

TEST_CASE("series model: traffic below the floor of two weeks is odd, however wild it is above") {
    SeriesModel model;
    const auto wild = [](int minute) { return 100 + 900 * std::fabs(noise(minute)); };
    int minute = 0;
    for (; minute < 10 * kDayMinutes; ++minute) model.observe(minute * 60.0, wild(minute));
    SeriesVerdict verdict;
    for (const int end = minute + 30; minute < end; ++minute) {
        verdict = model.observe(minute * 60.0, 2);
    }
    CHECK(verdict.surprise >= kSeriesFlag);
    CHECK(verdict.horizon == Horizon::Floor);
    CHECK_FALSE(verdict.rising);
}

TEST_CASE("series model: a quiet Sunday is usual once three weeks are known") {
    SeriesModel model;
    const auto week = [](int minute) {
        const int day = minute / kDayMinutes % 7;
        return daily(minute) - (day == 3 ? 60 : 0);  // the fourth day since a Thursday
    };
    double young = 0;
    double old = 0;
    for (int minute = 0; minute < 8 * 7 * kDayMinutes; ++minute) {
        const double surprise = model.observe(minute * 60.0, week(minute)).news.surprise;
        const int weeks = minute / (7 * kDayMinutes);
        const bool sunday_noon = minute % (7 * kDayMinutes) == 3 * kDayMinutes + kDayMinutes / 2;
        if (sunday_noon && weeks == 1) young = surprise;
        if (sunday_noon && weeks == 7) old = surprise;
    }
    CHECK(old < young / 2);
    CHECK(model.usual_at(3 * 86400.0 + 43200) < model.usual_at(5 * 86400.0 + 43200) - 40);
}

TEST_CASE(
    "series model: a host is told of a lean with its side, and of what lies outside two weeks") {
    SeriesModel model;
    int minute = 0;
    bool beyond = false;
    for (; minute < 10 * kDayMinutes; ++minute) {
        beyond = model.observe(minute * 60.0, daily(minute)).news.beyond_range;
    }
    CHECK_FALSE(beyond);
    SeriesModel other = model;
    SeriesNews low;
    SeriesNews high;
    for (const int end = minute + 30; minute < end; ++minute) {
        low = model.observe(minute * 60.0, daily(minute) - 90).news;
        high = other.observe(minute * 60.0, daily(minute) + 90).news;
    }
    CHECK(low.lean < -1);
    CHECK(high.lean > 1);
    CHECK(low.beyond_range);
    CHECK(high.beyond_range);
    CHECK(high.judged);
    CHECK_FALSE(model.observe(minute * 60.0, NAN).news.judged);
}
