#include "core/time.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <limits>
#include <string>

#include "core/clock.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;

TEST_CASE("time: durations in Prometheus' and Ansible's spelling, anything else is refused") {
    struct Row {
        std::string_view text;
        std::int64_t ns;  // -1: refused
    };
    for (const Row& row :
         {Row{"30s", seconds(30).ns}, Row{"1h30m", minutes(90).ns}, Row{"500ms", 500'000'000},
          Row{"15 minutes", minutes(15).ns}, Row{"1 hour", hours(1).ns}, Row{"2w", hours(336).ns},
          Row{"", -1}, Row{"10", -1}, Row{"-5s", -1}, Row{"1.5h", -1}, Row{"5 parsecs", -1},
          Row{"s", -1}, Row{"99999999999w", -1}, Row{"18446744073709551615ns", -1}}) {
        CAPTURE(row.text);
        const auto duration = parse_duration(row.text);
        CHECK(duration.has_value() == (row.ns >= 0));
        if (duration && row.ns >= 0) {
            CHECK(duration->ns == row.ns);
            const auto again = parse_duration(to_text(*duration).view());
            REQUIRE(again);
            CHECK(again->ns == row.ns);
        }
    }
    CHECK(to_text(Duration{}) == "0s");
}

TEST_CASE("time: wall times are RFC 3339 in UTC") {
    CHECK(rfc3339(0) == "1970-01-01T00:00:00.000Z");
    CHECK(rfc3339(test::ManualClock::kStartUnixNs) == "2026-11-20T12:00:00.000Z");
    CHECK(rfc3339(-1) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("time: a lying wall clock does not bend intervals") {
    test::ManualClock clock;
    const Instant before = clock.now();
    clock.step_wall_clock(hours(-24 * 365 * 10));
    clock.advance(seconds(5));
    CHECK((clock.now() - before).ns == seconds(5).ns);
    CHECK(before < clock.now());
}

TEST_CASE("time: numbers for people") {
    CHECK(human_duration(45) == "45 s");
    CHECK(human_duration(720) == "12 min");
    CHECK(human_duration(3.5 * 3600) == "3.5 h");
    CHECK(human_duration(6 * 86400.0) == "6 d");
    CHECK(human_duration(std::numeric_limits<double>::quiet_NaN()) == "?");
    CHECK(human_bytes(512) == "512 B");
    CHECK(human_bytes(64.0 * 1024 * 1024) == "64.0 MiB");
    CHECK(human_bytes(std::numeric_limits<double>::infinity()) == "?");
}

TEST_CASE("time: the system clock moves forward") {
    const SystemClock clock;
    const Instant first = clock.now();
    CHECK(clock.now() >= first);
    CHECK(first.unix_ns > 0);
}

TEST_CASE("time: the offset of local time follows daylight saving") {
    const char* const before = std::getenv("TZ");
    const std::string kept = before == nullptr ? "" : before;
    ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);  // a rule needs no time zone files
    ::tzset();
    const SystemClock clock;
    const auto offset_at = [&](std::int64_t unix_seconds) {
        return clock.utc_offset_seconds({.monotonic_ns = 0, .unix_ns = seconds(unix_seconds).ns});
    };
    CHECK(offset_at(1'768'478'400) == 3600);  // 2026-01-15
    CHECK(offset_at(1'784'116'800) == 7200);  // 2026-07-15
    CHECK(offset_at(1'774'745'999) == 3600);  // 2026-03-29, a second before the clocks change
    CHECK(offset_at(1'774'746'000) == 7200);
    if (before == nullptr) {
        ::unsetenv("TZ");
    } else {
        ::setenv("TZ", kept.c_str(), 1);
    }
    ::tzset();
}
