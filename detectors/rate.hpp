// RateState turns a counter's readings into a rate per second.
//
// A counter that went down was reset (reboot, module reload, wrap): that step has no rate. A gap is
// not zero: the next reading gives the mean rate over the gap.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time.hpp"

namespace homeostat {

class RateState {
public:
    // The rate since the last reading; nothing for the first reading, after a reset, and when no
    // time has passed.
    std::optional<double> observe(double value, Instant now);

private:
    double last_value_ = 0;
    Instant last_at_;
    bool started_ = false;
};

}  // namespace homeostat
