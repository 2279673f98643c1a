// Clock tells the time. The agent reads it once per tick; tests wind one by hand.
#pragma once

#include "core/time.hpp"

namespace homeostat {

class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;  // REQUIRES of implementations: monotonic_ns never goes back.
};

class SystemClock final : public Clock {
public:
    Instant now() const override;
};

}  // namespace homeostat
