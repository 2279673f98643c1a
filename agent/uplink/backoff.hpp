// Backoff says how long to wait after a failure: random, so that a fleet does not come back at
// once.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time.hpp"

namespace homeostat {

inline constexpr Duration kRetryAfterMax = hours(1);

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). Good
// enough for jitter, one word of state, the same on every machine. Not for secrets.
class JitterRandom {
public:
    explicit JitterRandom(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();
    // In [0, span). REQUIRES: span.ns > 0.
    Duration below(Duration span);

private:
    std::uint64_t state_;
};

// Exponential with full jitter: after the n-th failure in a row a random wait between `least` and
// least * 2^n, which is capped at `most`.
class Backoff {
public:
    static constexpr Duration kLeast = seconds(1);
    static constexpr Duration kMost = minutes(5);

    explicit Backoff(std::uint64_t seed, Duration least = kLeast, Duration most = kMost)
        : random_(seed), least_(least), most_(most) {}

    // Never less than what the server asked for. `least`, when it is longer than the usual one,
    // takes its place for this failure, as far as `most` allows.
    Duration next(std::optional<Duration> retry_after = std::nullopt, Duration least = {});
    void reset() { failures_ = 0; }
    [[nodiscard]] unsigned failures() const { return failures_; }

private:
    JitterRandom random_;
    Duration least_;
    Duration most_;
    unsigned failures_ = 0;
};

// The value of a Retry-After header (RFC 9110, 10.2.3): seconds, or a date in any of the three
// forms of HTTP. Nothing for garbage, for a date that is past and for zero; never more than
// kRetryAfterMax.
std::optional<Duration> parse_retry_after(std::string_view text, std::int64_t now_unix_ns);

}  // namespace homeostat
