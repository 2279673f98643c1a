#include "detectors/recurring_jobs.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace homeostat;

namespace {

constexpr double kHour = 3600;

// Days of rows of ten minutes; `score` by minute of all.
template <typename Score>
RecurringJobs after_days(int days, Score score) {
    RecurringJobs jobs;
    for (int minute = 0; minute < days * 1440; minute += 10) {
        jobs.observe(minute * 60.0, score(minute));
    }
    return jobs;
}

double at_six(int minute) {
    const int of_day = minute % 1440;
    return of_day >= 360 && of_day < 380 ? 20 : 0.3;
}

}  // namespace

TEST_CASE("recurring jobs: what happens at six on three days is usual at six, and only there") {
    const RecurringJobs jobs = after_days(4, at_six);
    const double tomorrow = 4 * 24 * kHour;
    CHECK(jobs.usual(tomorrow + 6 * kHour + 300) == doctest::Approx(20).epsilon(0.2));
    CHECK(jobs.usual(tomorrow + 5 * kHour + 3300) > 0);  // five minutes early is the same job
    CHECK(jobs.usual(tomorrow + 12 * kHour) == 0);
    CHECK(jobs.usual(tomorrow + 4 * kHour) == 0);
}

TEST_CASE("recurring jobs: twice is no habit, and one day without it ends the habit") {
    CHECK(after_days(2, at_six).usual(2 * 24 * kHour + 6 * kHour) == 0);
    const RecurringJobs stopped =
        after_days(6, [](int minute) { return minute < 5 * 1440 ? at_six(minute) : 0.3; });
    CHECK(stopped.usual(6 * 24 * kHour + 6 * kHour) == 0);
}

TEST_CASE("recurring jobs: a fault of a week is no job") {
    const RecurringJobs jobs = after_days(8, [](int minute) { return minute < 1440 ? 0.3 : 20.0; });
    for (int hour = 0; hour < 24; ++hour) CHECK(jobs.usual(8 * 24 * kHour + hour * kHour) == 0);
}

TEST_CASE("recurring jobs: times before 1970 and scores without bounds are taken as they come") {
    RecurringJobs jobs;
    for (int i = 0; i < 500; ++i) {
        jobs.observe(-i * kHour, i % 24 == 6 ? std::numeric_limits<double>::max() : 0);
        CHECK(jobs.is_sound());
        CHECK(jobs.usual(-i * kHour) >= 0);
    }
}
