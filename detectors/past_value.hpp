// PastValue is one value of a series from before we watched it.
#pragma once

#include <cstdint>

namespace homeostat {

struct PastValue {
    std::int64_t unix_seconds = 0;
    double value = 0;  // finite; of a counter, its rate per second
};

}  // namespace homeostat
