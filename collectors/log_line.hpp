// LineSink takes the lines of all logs, whichever collector reads them.
#pragma once

#include <string_view>

#include "core/time.hpp"

namespace homeostat {

struct LogLine {
    std::string_view source;  // unit, "kernel" or path of the file
    int priority = 6;         // 0 emergency ... 7 debug; 6 when the source tells none
    std::string_view text;    // one line, without its line feed; any bytes
    Instant at;               // when we read it
};

class LineSink {
public:
    virtual ~LineSink() = default;

    // Bounded work, no allocation. Views are valid during the call.
    virtual void take(const LogLine& line) = 0;
};

}  // namespace homeostat
