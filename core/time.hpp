// Time as the program sees it: read once per tick, then passed along as data.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "core/fixed_string.hpp"
#include "core/result.hpp"

namespace homeostat {

// A length of time in nanoseconds. Plain integers, so that a simulated year is exact.
struct Duration {
    std::int64_t ns = 0;

    [[nodiscard]] constexpr double seconds() const { return static_cast<double>(ns) * 1e-9; }
    friend constexpr auto operator<=>(Duration, Duration) = default;
};

constexpr Duration milliseconds(std::int64_t count) {
    return {count * 1'000'000};
}
constexpr Duration seconds(std::int64_t count) {
    return {count * 1'000'000'000};
}
constexpr Duration minutes(std::int64_t count) {
    return seconds(count * 60);
}
constexpr Duration hours(std::int64_t count) {
    return seconds(count * 3600);
}
constexpr Duration operator+(Duration a, Duration b) {
    return {a.ns + b.ns};
}
constexpr Duration operator-(Duration a, Duration b) {
    return {a.ns - b.ns};
}
constexpr Duration operator*(Duration a, std::int64_t times) {
    return {a.ns * times};
}

// One reading of both clocks. Intervals are measured on the monotonic one (CLOCK_BOOTTIME: it
// counts suspend and never steps); the wall clock is for people, calendars and servers only, so a
// lying clock can mislead a display but never a decision.
struct Instant {
    std::int64_t monotonic_ns = 0;
    std::int64_t unix_ns = 0;

    // By the monotonic clock alone.
    friend constexpr auto operator<=>(Instant a, Instant b) {
        return a.monotonic_ns <=> b.monotonic_ns;
    }
    friend constexpr bool operator==(Instant a, Instant b) {
        return a.monotonic_ns == b.monotonic_ns;
    }
};

constexpr Duration operator-(Instant a, Instant b) {
    return {a.monotonic_ns - b.monotonic_ns};
}
constexpr Instant operator+(Instant a, Duration d) {
    return {a.monotonic_ns + d.ns, a.unix_ns + d.ns};
}

// RFC 3339 in UTC with milliseconds, for example "2026-11-20T20:40:00.000Z".
FixedString<32> rfc3339(std::int64_t unix_ns);

// For people: "45 s", "12 min", "3.5 h", "6 d". Negative and non-finite values give "?".
FixedString<24> human_duration(double seconds);

// For people: "512 B", "64.0 MiB". Powers of 1024.
FixedString<24> human_bytes(double bytes);

// "500ms", "5s", "2m", "1h", "7d", "1w", or a sum such as "1h30m" (Prometheus' spelling), also
// "15 minutes" and "1 hour" (Ansible's). No sign, no fraction; a bare number is refused.
Result<Duration> parse_duration(std::string_view text);

// The shortest spelling that parse_duration reads back, for example "1h30m".
FixedString<32> to_text(Duration duration);

}  // namespace homeostat
