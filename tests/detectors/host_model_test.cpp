#include "detectors/host_model.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

using namespace homeostat;

namespace {

// Of series that are judged, and say nothing else.
std::vector<SeriesNews> news_of(const std::vector<double>& surprises,
                                const std::vector<double>& lasting) {
    std::vector<SeriesNews> news(surprises.size());
    for (std::size_t i = 0; i < news.size(); ++i) {
        news[i].surprise = surprises[i];
        news[i].lasting = lasting[i];
        news[i].judged = true;
    }
    return news;
}

// What the host says after so many minutes of the same.
double after_minutes(int minutes, const std::vector<SeriesNews>& news) {
    HostModel host(news.size());
    const std::vector<double> values(news.size(), 1.0);
    double result = 0;
    for (int i = 0; i < minutes; ++i) result = host.observe(i * 60.0, values, news);
    return result;
}

double after_minutes(int minutes, const std::vector<double>& surprises) {
    return after_minutes(minutes, news_of(surprises, surprises));
}

}  // namespace

TEST_CASE("host model: three odd series are worse than one") {
    CHECK(after_minutes(30, {0, 0, 0, 0, 0}) == 0);
    const double one = after_minutes(30, {5, 0, 0, 0, 0});
    const double three = after_minutes(30, {5, 5, 5, 0, 0});
    CHECK(one > 0);
    CHECK(three > 2 * one);
}

TEST_CASE("host model: what lasts is worse than one odd minute") {
    CHECK(after_minutes(1, {5, 5, 5}) < after_minutes(30, {5, 5, 5}));
}

TEST_CASE("host model: blame is ordered by surprise, ties by column, the innocent left out") {
    HostModel host(5);
    const std::vector<double> values(5, 1.0);
    const std::vector<double> surprises{0.5, 4, 0, 4, 9};
    host.observe(0, values, news_of(surprises, surprises));
    const auto blamed = host.blamed(3);
    REQUIRE(blamed.size() == 3);
    CHECK(blamed[0] == 4);
    CHECK(blamed[1] == 1);
    CHECK(blamed[2] == 3);
    CHECK(host.blamed(100).size() == 4);
    CHECK(host.blamed(0).empty());
}

TEST_CASE("host model: no series at all is a quiet host") {
    HostModel host(0);
    CHECK(host.observe(0, {}, {}) == 0);
    CHECK(host.blamed(3).empty());
}

TEST_CASE("host model: the fault that goes on is named before the series that twitches") {
    HostModel host(3);
    const std::vector<double> values(3, 1.0);
    for (int i = 0; i < 30; ++i) {
        host.observe(i * 60.0, values, news_of({0, 3, 0}, {0, 0, 0}));
    }
    host.observe(1800, values, news_of({4, 3, 0}, {0, 0, 0}));
    CHECK(host.blamed(1)[0] == 1);
    // ... but a spike out of all proportion comes first.
    host.observe(1860, values, news_of({500, 3, 0}, {0, 0, 0}));
    CHECK(host.blamed(1)[0] == 0);
}

TEST_CASE("host model: a small shift that lasts counts") {
    HostModel quiet(3);
    HostModel leaning(3);
    const std::vector<double> values(3, 1.0);
    const std::vector<double> none(3, 0.0);
    CHECK(quiet.observe(0, values, news_of(none, none)) <
          leaning.observe(0, values, news_of(none, {2, 2, 2})));
}

TEST_CASE("host model: all series a little on one side are news, on both sides they are none") {
    std::vector<SeriesNews> above(6, {.lean = 0.8, .judged = true});
    std::vector<SeriesNews> below(6, {.lean = -0.8, .judged = true});
    std::vector<SeriesNews> both(6, {.lean = 0.8, .judged = true});
    for (std::size_t i = 0; i < both.size(); i += 2) both[i].lean = -0.8;
    CHECK(after_minutes(30, above) > 0.5);
    CHECK(after_minutes(30, below) == doctest::Approx(after_minutes(30, above)));
    CHECK(after_minutes(30, both) == doctest::Approx(0));
    // Places that hold no series, or one that learns, do not make the rest lean less.
    above.resize(60);
    CHECK(after_minutes(30, above) == doctest::Approx(after_minutes(30, below)));
    // One series far off is for the others to bear out.
    std::vector<SeriesNews> one(6, {.judged = true});
    one[0].lean = 1000;
    CHECK(after_minutes(30, one) < after_minutes(30, above));
}

TEST_CASE("host model: series that the last minutes did not promise count beside slow ones") {
    const std::vector<SeriesNews> slow(4, {.surprise = 3, .judged = true});
    const std::vector<SeriesNews> restless(4, {.surprise = 3, .step = 3, .judged = true});
    CHECK(after_minutes(30, restless) > after_minutes(30, slow) + 1);
}

TEST_CASE("host model: two series outside the range of two weeks count by how long they are") {
    std::vector<SeriesNews> news(5, {.judged = true});
    news[0].beyond_range = true;
    const double one = after_minutes(60, news);
    news[3].beyond_range = true;
    const double two = after_minutes(60, news);
    CHECK(two == doctest::Approx(2 * one));
    CHECK(two > 2 * after_minutes(10, news));
    // What has been so for days is the way of these series.
    CHECK(after_minutes(4 * 1440, news) == doctest::Approx(0));
}

TEST_CASE("host model: no input leads to a surprise that is not finite or below zero") {
    constexpr std::size_t kSeries = 6;
    HostModel host(kSeries);
    std::vector<double> values(kSeries);
    std::vector<SeriesNews> news(kSeries);
    std::uint64_t state = 3;
    for (int i = 0; i < 3000; ++i) {
        for (std::size_t k = 0; k < kSeries; ++k) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            const double share = static_cast<double>(state >> 11U) / 9007199254740992.0;
            const std::array<double, 8> bad{std::numeric_limits<double>::quiet_NaN(),
                                            std::numeric_limits<double>::infinity(),
                                            1e308,
                                            -1e308,
                                            std::numeric_limits<double>::denorm_min(),
                                            0,
                                            share,
                                            1};
            values[k] = bad[(state >> 20U) % bad.size()];
            const double odd = (state >> 30U) % 5 == 0 ? 1e300 : share;
            news[k] = {.surprise = odd,
                       .step = odd,
                       .lasting = share,
                       .lean = (state >> 40U) % 2 == 0 ? -odd : odd,
                       .judged = std::isfinite(values[k]),
                       .beyond_range = (state >> 41U) % 2 == 0};
        }
        const double seconds = i % 50 == 49 ? -1e12 : 60.0 * i;
        const double surprise = host.observe(seconds, values, news);
        REQUIRE(std::isfinite(surprise));
        REQUIRE(surprise >= 0);
        REQUIRE(host.blamed(kSeries).size() <= kSeries);
    }
}

TEST_CASE("host model: a new series in an old place begins without the blame of the former") {
    HostModel host(3);
    const std::vector<double> values(3, 1.0);
    const std::vector<double> none(3, 0.0);
    for (int i = 0; i < 30; ++i) {
        host.observe(i * 60.0, values, news_of({0, 9, 0}, none));
    }
    host.begin_series(1);
    host.observe(1800, values, news_of(none, none));
    CHECK(host.blamed(3).empty());
}

TEST_CASE("host model: traffic that leaves its company is odd though no series is by itself") {
    HostModel host(3);
    const std::vector<double> none(3, 0.0);
    const auto row = [](int i) {
        const double traffic = 5 + std::sin(i * 0.013) + 0.7 * std::sin(i * 0.31);
        const double noise = 0.01 * std::sin(i * 12.9898);
        return std::vector<double>{100 * traffic, traffic + noise, 3 * traffic - noise};
    };
    double most = 0;
    for (int i = 0; i < 6000; ++i) {
        const double surprise = host.observe(i * 60.0, row(i), news_of(none, none));
        if (i > 3000) most = std::max(most, surprise);
    }
    double broken = 0;
    for (int i = 6000; i < 6030; ++i) {
        std::vector<double> values = row(i);
        values[1] /= 10;
        broken = std::max(broken, host.observe(i * 60.0, values, news_of(none, none)));
    }
    CHECK(broken > 2 * most);
    CHECK(host.blamed(1)[0] == 1);
}
