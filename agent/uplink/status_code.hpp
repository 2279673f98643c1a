// StatusCode bounds what a server can make us count: HTTP statuses by number where they are usual,
// by their class where they are not.
//
// A server may answer with any number. Each one would be a series of its own in /metrics, for ever.
#pragma once

#include <string>

namespace homeostat {

inline constexpr int kNoAnswer = 0;      // no answer, or no HTTP
inline constexpr int kOtherStatus = -1;  // not a status of HTTP (RFC 9110: 100 to 599)

// The same for a usual status and for kNoAnswer, 1 to 5 for the classes 1xx to 5xx of any other,
// else kOtherStatus: some 25 values.
int counted_status(int status);

// "503", "5xx", "0", "other". REQUIRES: from counted_status().
std::string text_of_status(int counted);

}  // namespace homeostat
