// Clock tells the time. The agent reads it once per tick; tests wind one by hand.
#pragma once

#include "core/time.hpp"

namespace homeostat {

class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;  // REQUIRES of implementations: monotonic_ns never goes back.

    // Local time minus UTC at that moment, daylight saving included: for calendars, never for
    // intervals. UTC where nobody says otherwise.
    [[nodiscard]] virtual std::int64_t utc_offset_seconds(Instant /*at*/) const { return 0; }
};

class SystemClock final : public Clock {
public:
    Instant now() const override;

    // By TZ or /etc/localtime, which the C library reads once: a host that moves to another zone
    // is followed from the next start on.
    [[nodiscard]] std::int64_t utc_offset_seconds(Instant at) const override;
};

}  // namespace homeostat
