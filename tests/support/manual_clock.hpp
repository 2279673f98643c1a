// ManualClock is wound by hand: tests own time.
#pragma once

#include "core/clock.hpp"

namespace homeostat::test {

class ManualClock final : public Clock {
public:
    // Starts at a fixed Friday noon, 2026-11-20T12:00:00Z, so that calendars are the same each run.
    static constexpr std::int64_t kStartUnixNs = 1'795'176'000LL * 1'000'000'000;

    Instant now() const override { return now_; }
    void advance(Duration by) { now_ = now_ + by; }

    [[nodiscard]] std::int64_t utc_offset_seconds(Instant /*at*/) const override {
        return utc_offset_.ns / seconds(1).ns;
    }
    // The host moves to another zone, or daylight saving begins or ends.
    void set_utc_offset(Duration offset) { utc_offset_ = offset; }

    // The wall clock lies; the monotonic one does not.
    void step_wall_clock(Duration by) { now_.unix_ns += by.ns; }

private:
    Duration utc_offset_{};
    Instant now_{.monotonic_ns = 1'000'000'000, .unix_ns = kStartUnixNs};
};

}  // namespace homeostat::test
