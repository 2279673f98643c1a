// ClockDiscipline tells how well the kernel's wall clock is steered: adjtimex(2) as data.
#pragma once

#include <cstdint>

#include "core/result.hpp"

namespace homeostat {

struct ClockDisciplineReading {
    double offset_seconds = 0;     // between the clock and its reference, signed
    double error_max_seconds = 0;  // grows by 0.5 ms a second while nobody steers
    double error_estimate_seconds = 0;
    bool synchronised = false;  // the kernel's own judgement: STA_UNSYNC is clear
};

class ClockDiscipline {
public:
    virtual ~ClockDiscipline() = default;
    [[nodiscard]] virtual Result<ClockDisciplineReading> read() const = 0;
};

// What adjtimex(2) returns, in its own units.
struct TimexFields {
    std::int64_t offset = 0;  // microseconds, with STA_NANO nanoseconds
    std::int64_t error_max_us = 0;
    std::int64_t error_estimate_us = 0;
    int status = 0;  // STA_* bits
};

ClockDisciplineReading to_reading(const TimexFields& fields);

// The real one. Only asks: needs no privilege, changes nothing.
class KernelClockDiscipline final : public ClockDiscipline {
public:
    [[nodiscard]] Result<ClockDisciplineReading> read() const override;
};

}  // namespace homeostat
