#include "agent/uplink/rounding.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;

TEST_CASE("rounding: the error is at most 0.0123 %, and rounding twice changes nothing") {
    for (const double value : {0.1, 1.0 / 3, 57'671'680.0, -1e-300, 1e300, 12345.678, -0.5001}) {
        CAPTURE(value);
        const double rounded = round_to_12_bits(value);
        CHECK(std::abs(rounded - value) <= std::abs(value) * 0.000123);
        CHECK(round_to_12_bits(rounded) == rounded);
    }
}

TEST_CASE("rounding: what needs no more than 12 bits stays, and so does what is not finite") {
    for (const double value :
         {0.0, 1.0, -2.0, 0.5, 4095.0, 8192.0, std::numeric_limits<double>::infinity()}) {
        CHECK(round_to_12_bits(value) == value);
    }
    CHECK(std::isfinite(round_to_12_bits(std::numeric_limits<double>::max())));
    CHECK(std::isnan(round_to_12_bits(std::numeric_limits<double>::quiet_NaN())));
}

TEST_CASE("rounding: an incident keeps its ids, counts and times to the nanosecond") {
    const Incident exact = test::resolved(test::sample_incident(3));
    Incident rounded = exact;
    round_numbers(rounded);
    CHECK(rounded.id == exact.id);
    CHECK(rounded.onset.unix_ns == exact.onset.unix_ns);
    CHECK(rounded.processes[0].pid == exact.processes[0].pid);
    CHECK(rounded.findings[0].value != exact.findings[0].value);
    CHECK(rounded.findings[0].value == doctest::Approx(exact.findings[0].value).epsilon(0.000123));
    CHECK(rounded.findings[1].seconds_to_limit == -1);
    CHECK(rounded.snippet.values[5] != exact.snippet.values[5]);
    CHECK(rounded.actions[0].after == doctest::Approx(0.41).epsilon(0.000123));
}
