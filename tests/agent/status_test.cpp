#include "agent/status.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("status: an action counts once, as the worst that can be said of it") {
    ActionCounts counts;
    ActionReport report;
    report.ran = true;
    counts.note(report);
    report.failed = true;
    counts.note(report);
    report.unknown = true;  // it ran for all that we know
    report.reached = false;
    counts.note(report);

    ActionReport refused;
    counts.note(refused);
    refused.waiting = true;
    counts.note(refused);
    ActionReport unsent;
    unsent.reached = false;
    counts.note(unsent);

    CHECK(counts.ok == 1);
    CHECK(counts.failed == 1);
    CHECK(counts.unknown == 1);
    CHECK(counts.denied == 1);
    CHECK(counts.waiting == 1);
    CHECK(counts.unreached == 1);
}
