// ClockWatch notices that somebody set the wall clock, and tells it from a machine that slept.
//
// Between two ticks the wall clock and the monotonic one pass the same time, unless one was set. A
// sleep (suspend) looks the same, because CLOCK_MONOTONIC stands still in it; what counts on is the
// uptime (CLOCK_BOOTTIME, /proc/uptime), which is asked only when the two disagree.
#pragma once

#include <optional>

#include "core/event.hpp"
#include "core/root.hpp"

namespace homeostat {

class ClockWatch {
public:
    // A step smaller than this is a time service at its work.
    static constexpr Duration kStepMin = seconds(1);

    // One reading a tick. An event when the clock was set since the last one. The first call after
    // start only looks.
    std::optional<Event> observe(const Root& root, Instant now);

private:
    Instant last_;
    double slept_seconds_ = 0;  // uptime less the monotonic clock, when last asked
    bool asked_ = false;
};

}  // namespace homeostat
