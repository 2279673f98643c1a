#include "agent/uplink/rounding.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

namespace homeostat {

double round_to_12_bits(double value) {
    constexpr unsigned kDropped = 52 - 12;
    constexpr std::uint64_t kHalf = std::uint64_t{1} << (kDropped - 1);
    constexpr std::uint64_t kKept = ~((std::uint64_t{1} << kDropped) - 1);
    if (!std::isfinite(value)) return value;
    // A carry out of the mantissa raises the exponent, which is what rounding up means.
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto rounded = std::bit_cast<double>((bits + kHalf) & kKept);
    return std::isfinite(rounded) ? rounded : value;
}

void round_numbers(Incident& incident) {
    for (Finding& finding : incident.findings) {
        for (double* number : {&finding.value, &finding.worst, &finding.expected, &finding.limit,
                               &finding.score, &finding.rate_per_second, &finding.seconds_to_limit,
                               &finding.seconds_to_limit_low, &finding.seconds_to_limit_high}) {
            *number = round_to_12_bits(*number);
        }
    }
    for (Cause& cause : incident.causes) cause.confidence = round_to_12_bits(cause.confidence);
    for (ProcessUse& process : incident.processes) {
        process.cpu_ratio = round_to_12_bits(process.cpu_ratio);
        process.rss_bytes = round_to_12_bits(process.rss_bytes);
        process.write_bytes_per_second = round_to_12_bits(process.write_bytes_per_second);
    }
    for (ActionRecord& action : incident.actions) {
        action.before = round_to_12_bits(action.before);
        action.after = round_to_12_bits(action.after);
        action.expected = round_to_12_bits(action.expected);
    }
    for (float& value : incident.snippet.values) {
        value = static_cast<float>(round_to_12_bits(static_cast<double>(value)));
    }
}

}  // namespace homeostat
