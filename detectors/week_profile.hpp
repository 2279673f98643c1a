// WeekProfile is how each hour of the week differs from the same hour of a usual day: an office is
// quiet on Sunday, a backup runs on Saturday night.
//
// A bin takes in the mean of its hour once a week and remembers about six weeks. What counts is how
// a bin differs from the same hour of the other days: a level that is off for a week is no weekday.
// Bins are whole steps of a common size that grows with what must fit, so the 168 hours take 168
// bytes. A profile of few weeks may be nothing but noise: it speaks from the third week on, and
// only while it is clearly nearer to what comes than the usual day alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "detectors/season.hpp"

namespace homeostat {

class WeekProfile {
public:
    static constexpr std::size_t kHours = 7 * 24;

    // What to add to the daily curve at this moment; 0 while the week says nothing that the day
    // does not.
    [[nodiscard]] double offset(const Season::Place& place) const;

    // `residual`: the distance of a value from the daily curve, clipped by the caller.
    // `rows_max`: for how many rows the comparison with the usual day is remembered.
    // REQUIRES: residual is finite.
    void learn(const Season::Place& place, double residual, double rows_max);

    // False for bytes that no history leads to.
    [[nodiscard]] bool is_sound() const;

private:
    static constexpr std::uint8_t kNone = 255;

    [[nodiscard]] double bin(std::size_t hour) const;
    [[nodiscard]] double learned(const Season::Place& place) const;
    void close_hour();
    void set_bin(std::size_t hour, double value);

    std::array<std::int8_t, kHours> steps_{};
    std::array<std::uint8_t, 7> weeks_{};  // seen of each day of the week
    std::uint8_t hour_ = kNone;            // the hour of the week that is open
    float step_size_ = 0;
    float sum_ = 0;  // of the open hour
    float rows_ = 0;
    float day_error_ = 0;   // mean size of what the usual day leaves unexplained
    float week_error_ = 0;  // ... and of what the week does
    float compared_ = 0;    // rows
};

}  // namespace homeostat
