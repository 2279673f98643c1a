#include "agent/incidents/flight_recorder.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {
constexpr Metric kUsed{"filesystem_used_ratio", Unit::None, MetricKind::Ratio, Aspect::Capacity};
const Subject kMount{SubjectKind::Mount, "/srv"};
}  // namespace

TEST_CASE("flight_recorder: keeps the newest points, oldest first, and allocates nothing") {
    test::ManualClock clock;
    SeriesTable table(4);
    Samples samples(table, 4);
    FlightRecorder recorder(4, seconds(2));
    CHECK(recorder.snippet(table, "filesystem_used_ratio", kMount).values.empty());
    const AllocationGuard guard;
    for (int i = 0; i < 200; ++i) {
        samples.begin(clock.now());
        samples.add(kUsed, kMount, i);
        recorder.record(samples);
        clock.advance(seconds(1));
    }
    CHECK(guard.count() == 0);
    const Snippet snippet = recorder.snippet(table, "filesystem_used_ratio", kMount);
    REQUIRE(snippet.values.size() == Snippet::kPoints);
    CHECK(snippet.values.back() == 198.0F);  // every second tick is a point
    CHECK(snippet.values[0] == 198.0F - 2 * (Snippet::kPoints - 1));
    CHECK(snippet.step_seconds == 2);
}

TEST_CASE("flight_recorder: a reused slot does not show its former series") {
    test::ManualClock clock;
    SeriesTable table(1);
    Samples samples(table, 4);
    FlightRecorder recorder(1, seconds(1));
    samples.begin(clock.now());
    samples.add(kUsed, kMount, 1);
    recorder.record(samples);
    clock.advance(minutes(10));
    table.evict_older_than(minutes(5), clock.now());
    const Subject other{SubjectKind::Mount, "/other"};
    samples.begin(clock.now());
    samples.add(kUsed, other, 7);
    recorder.record(samples);
    CHECK(recorder.snippet(table, "filesystem_used_ratio", kMount).values.empty());
    const Snippet snippet = recorder.snippet(table, "filesystem_used_ratio", other);
    REQUIRE(snippet.values.size() == 1);
    CHECK(snippet.values[0] == 7.0F);
}
