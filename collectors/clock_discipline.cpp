#include "collectors/clock_discipline.hpp"

#include <sys/timex.h>

#include <cerrno>

namespace homeostat {
namespace {

constexpr double kMicrosecond = 1e-6;
constexpr double kNanosecond = 1e-9;

}  // namespace

ClockDisciplineReading to_reading(const TimexFields& fields) {
    const double offset_unit = (fields.status & STA_NANO) != 0 ? kNanosecond : kMicrosecond;
    return {.offset_seconds = static_cast<double>(fields.offset) * offset_unit,
            .error_max_seconds = static_cast<double>(fields.error_max_us) * kMicrosecond,
            .error_estimate_seconds = static_cast<double>(fields.error_estimate_us) * kMicrosecond,
            .synchronised = (fields.status & STA_UNSYNC) == 0};
}

Result<ClockDisciplineReading> KernelClockDiscipline::read() const {
    struct timex answer {};  // modes 0: only ask
    if (::adjtimex(&answer) < 0) {
        // The packaged unit forbids the call, which could also set the clock.
        const char* hint = errno == EPERM ? " (the unit's drop-in clock.conf permits it)" : "";
        return make_errno_error(errc_of(errno), errno, "adjtimex{}", hint);
    }
    return to_reading({.offset = answer.offset,
                       .error_max_us = answer.maxerror,
                       .error_estimate_us = answer.esterror,
                       .status = answer.status});
}

}  // namespace homeostat
