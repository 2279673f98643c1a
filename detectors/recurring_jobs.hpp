// RecurringJobs remembers what a series does at the same hour of most days: the backup at six in
// the morning, the rotation of logs at midnight.
//
// Of each hour of the day the largest scores of the last three days are kept; what it reached on
// all of them is usual there. Where that stands out from the rest of the day, it is a job: as much
// again, at that hour, is no news. A fault that lasts for days raises all hours and is no job.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace homeostat {

class RecurringJobs {
public:
    // `score`: as odd as this row is, finite and not negative.
    void observe(double local_seconds, double score);

    // The score that is usual at this time of day, when a job is; else 0.
    [[nodiscard]] double usual(double local_seconds) const;

    // False for bytes that no history leads to.
    [[nodiscard]] bool is_sound() const;

private:
    static constexpr std::uint8_t kNone = 255;
    static constexpr std::size_t kDays = 3;

    [[nodiscard]] std::uint8_t reached(std::size_t hour) const;
    void close_hour();

    // In quarters of an octave, from 1 at a score of 1; 0 below.
    std::array<std::array<std::uint8_t, kDays>, 24> days_{};
    float most_ = 0;  // in the open hour
    std::uint8_t hour_ = kNone;
    std::uint8_t rest_ = 0;  // what the middle one of all hours reaches
};

}  // namespace homeostat
