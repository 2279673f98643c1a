#include "agent/uplink/backoff.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {

constexpr std::int64_t kNow = test::ManualClock::kStartUnixNs;  // 2026-11-20T12:00:00Z, a Friday

}  // namespace

TEST_CASE("backoff: waits grow from 1 s to at most 5 min, and start anew after a success") {
    Backoff backoff(7);
    std::int64_t ceiling = 2;
    for (int failure = 0; failure < 100; ++failure) {
        const Duration wait = backoff.next();
        CHECK(wait >= seconds(1));
        CHECK(wait <= seconds(std::min<std::int64_t>(ceiling, 300)));
        ceiling = std::min<std::int64_t>(ceiling * 2, 600);
    }
    backoff.reset();
    CHECK(backoff.next() <= seconds(2));
}

TEST_CASE("backoff: a longer wait that the protocol wants is spread, too, and ends at the most") {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Backoff backoff(seed);
        std::int64_t ceiling = 2;
        for (int failure = 0; failure < 10; ++failure) {
            const Duration wait = backoff.next({}, minutes(1));
            CHECK(wait >= minutes(1));
            CHECK(wait <= minutes(std::min<std::int64_t>(ceiling, 5)));
            ceiling *= 2;
        }
        CHECK(backoff.next({}) <= minutes(5));
        Backoff short_one(seed, seconds(1), seconds(5));
        CHECK(short_one.next({}, minutes(1)) == seconds(5));
    }
}

TEST_CASE("backoff (RULES B17): the jitter is full: a fleet spreads over the whole span") {
    std::array<int, 10> buckets{};
    for (std::uint64_t host = 0; host < 10'000; ++host) {
        Backoff backoff(host * 0x9E37);
        Duration wait{};
        for (int failure = 0; failure < 12; ++failure) wait = backoff.next();
        const auto bucket = static_cast<std::size_t>(wait.seconds() / 30.0);
        ++buckets[std::min<std::size_t>(bucket, 9)];
    }
    for (const int hosts : buckets) {
        CHECK(hosts > 800);
        CHECK(hosts < 1200);
    }
}

TEST_CASE("backoff: the same seed waits the same, another one does not") {
    Backoff a(1);
    Backoff b(1);
    Backoff c(2);
    bool differs = false;
    for (int i = 0; i < 10; ++i) {
        const Duration wait = a.next();
        CHECK(wait == b.next());
        if (wait != c.next()) differs = true;
    }
    CHECK(differs);
}

TEST_CASE("backoff: never less than the server asked for") {
    Backoff backoff(3);
    CHECK(backoff.next(minutes(40)) == minutes(40));
    CHECK(backoff.next(Duration{1}) >= seconds(1));
}

TEST_CASE(
    "Retry-After: seconds and all three dates of HTTP; garbage and the past count as absent") {
    struct Row {
        const char* text;
        std::int64_t seconds;  // 0: absent
    };
    for (const Row& row : {Row{"120", 120},
                           Row{" 7 ", 7},
                           Row{"0", 0},
                           Row{"", 0},
                           Row{"-5", 0},
                           Row{"1.5", 0},
                           Row{"soon", 0},
                           Row{"3600", 3600},
                           Row{"3601", 3600},
                           Row{"99999999999999999999999", 0},
                           Row{"18446744073709551615", 3600},
                           Row{"Fri, 20 Nov 2026 12:02:00 GMT", 120},
                           Row{"Friday, 20-Nov-26 12:02:00 GMT", 120},
                           Row{"Fri Nov 20 12:02:00 2026", 120},
                           Row{"Fri, 20 Nov 2026 11:59:59 GMT", 0},
                           Row{"Sun, 06 Nov 1994 08:49:37 GMT", 0},
                           Row{"Sunday, 06-Nov-94 08:49:37 GMT", 0},
                           Row{"Fri, 20 Nov 2099 12:00:00 GMT", 3600},
                           Row{"Fri, 20 Nov 2026 12:02:00 CET", 0},
                           Row{"Fri, 20 Nov 2026 25:02:00 GMT", 0},
                           Row{"Fri, 20 Nix 2026 12:02:00 GMT", 0},
                           Row{"Fri, 00 Nov 2026 12:02:00 GMT", 0},
                           Row{"Fri, 20 Nov 2026", 0},
                           Row{"\xff\x00\x01", 0}}) {
        CAPTURE(row.text);
        const auto wait = parse_retry_after(row.text, kNow);
        CHECK(wait.has_value() == (row.seconds != 0));
        if (wait) CHECK(*wait == seconds(row.seconds));
    }
}
