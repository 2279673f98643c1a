// NoiseBudget keeps what the learned models report within what a person will bear.
//
// The user says it in words, "1 per week", and it holds for the whole node however many series are
// watched. Three things keep to it:
//   - the flags that ship are the start: about one false report a month and series, and less than
//     one a week for the host as a whole;
//   - it is split: the surprise of a series has a heavy tail, it exceeds twice a bound about half
//     as often, so N series get a bound N times as high, as far as the budget is smaller;
//   - it is watched: each report makes the bounds stricter by one octave, and time eases them by
//     one octave for each report that the budget allows. In balance the reports come at the rate
//     that was asked for, whatever the tails are, after months of drift as well.
// (The last is the stochastic approximation of a quantile: H. Robbins, S. Monro, "A stochastic
// approximation method", 1951.)
//
// Pure arithmetic: time comes in.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

// Reports per second from "1 per week", "3 per day", "2 per month" or "1 per hour". Errc::Parse
// says what was expected.
Result<double> parse_noise_budget(std::string_view text);

inline constexpr double kNoisePerSecondDefault = 1.0 / (7 * 86400.0);

class NoiseBudget {
public:
    // REQUIRES: per_second > 0.
    explicit NoiseBudget(double per_second) : per_second_(per_second) {}

    // Time goes by.
    void pass(double seconds);
    // A report was made: something odd began while nothing was.
    void spend();

    // The surprise from which on one of so many series is reported.
    [[nodiscard]] double series_flag(std::size_t watched) const;
    // The same for the host.
    [[nodiscard]] double host_flag() const;

    // How much stricter than at the start, in octaves.
    [[nodiscard]] double strictness() const { return strictness_; }

private:
    double per_second_;
    double strictness_ = 0;
};

}  // namespace homeostat
