// MetricsRequest reads the head of one HTTP/1.x request, as far as a read-only server needs it.
//
// Pure, and strict where it is cheap to be (RFC 9112): a head that is not one is a 400 and the
// connection ends. Bodies are never read, so that nothing can hide behind one.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/fixed_string.hpp"

namespace homeostat {

inline constexpr std::size_t kMetricsHeadMax = 4096;  // bytes of request line and headers

struct MetricsRequest {
    enum class Method : std::uint8_t { Get, Head, Other };

    Method method = Method::Other;
    FixedString<63> path;      // without the query; longer ones are cut, and so unknown
    bool takes_gzip = false;   // Accept-Encoding names gzip with a weight above zero
    bool openmetrics = false;  // Accept prefers application/openmetrics-text to text/plain
};

enum class MetricsHead : std::uint8_t {
    Whole,
    Unfinished,  // no empty line yet
    Malformed,
};

// Looks for one complete head at the beginning of `bytes`. `out` is filled in when it is Whole.
MetricsHead read_metrics_request(std::string_view bytes, MetricsRequest& out);

}  // namespace homeostat
