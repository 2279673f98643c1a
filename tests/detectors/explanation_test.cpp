#include "detectors/explanation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace homeostat;

namespace {

SeriesVerdict odd() {
    SeriesVerdict verdict;
    verdict.judged = true;
    verdict.expected = 10;
    verdict.spread = 0.3;
    verdict.surprise = 4;
    verdict.rising = true;
    verdict.odd_seconds = 240;
    verdict.hours_between = 300;
    return verdict;
}

}  // namespace

TEST_CASE("explanation: what was expected, what came, since when, how rare, and who says so") {
    CHECK(explain(odd(), 30.2) ==
          "30.2, expected 9.4 to 10.6: too high for 4 min, one hour in 300 is like it; "
          "not what the last minutes promised");
}

TEST_CASE("explanation: an ordinary value, a young series and a missing value say so") {
    SeriesVerdict verdict = odd();
    verdict.surprise = 0.5;
    CHECK(explain(verdict, 10.1) == "10.1, expected 9.4 to 10.6: as expected");
    verdict.judged = false;
    CHECK(explain(verdict, 10.1) == "10.1, still learning");
    CHECK(explain(verdict, std::numeric_limits<double>::quiet_NaN()) == "missing");
}

TEST_CASE("explanation: each question has words of its own") {
    std::string before;
    for (const Horizon horizon :
         {Horizon::Step, Horizon::Shift, Horizon::Level, Horizon::Share, Horizon::Frozen}) {
        SeriesVerdict verdict = odd();
        verdict.horizon = horizon;
        const std::string text = explain(verdict, 30.2);
        CHECK(text != before);
        CHECK((text.find("frozen") != std::string::npos) == (horizon == Horizon::Frozen));
        before = text;
    }
}

TEST_CASE("explanation: what has never been negative is not expected to become so") {
    SeriesVerdict verdict = odd();
    verdict.spread = 30;
    CHECK(band_of(verdict, 1).low == 0);
    CHECK(band_of(verdict, -1).low == -50);
}
