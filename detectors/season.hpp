// Season is the daily curve of one series: 24 hourly means in local time, read with straight lines
// between them, learned over weeks. Until an hour is known, the overall mean stands in for it.
#pragma once

#include <array>
#include <cstddef>

namespace homeostat {

class Season {
public:
    // Where a moment lies between two hourly means.
    struct Place {
        std::size_t before = 0;
        std::size_t after = 0;
        double share_after = 0;
        // The same two in the hours of the week, and the hour of the week itself.
        std::size_t week_before = 0;
        std::size_t week_after = 0;
        std::size_t week_hour = 0;
    };
    // `local_seconds`: epoch seconds plus the offset of local time.
    static Place place_of(double local_seconds);

    [[nodiscard]] double expected(const Place& place) const;

    // Moves the curve towards expected() + residual. `rows_max`: rows of one hour that are
    // remembered; `value` is for the overall mean, both already clipped by the caller.
    void learn(const Place& place, double residual, double rows_max, double overall_step);

    // All hours lie this much higher from now on.
    void shift(double by);

    void start(double value) { overall_ = static_cast<float>(value); }
    [[nodiscard]] double overall() const { return overall_; }
    [[nodiscard]] bool is_sound() const;

private:
    [[nodiscard]] double hour_mean(std::size_t hour) const;
    void learn_hour(std::size_t hour, double weight, double residual, double expected_now,
                    double rows_max);

    std::array<float, 24> means_{};
    std::array<float, 24> rows_{};
    float overall_ = 0;
};

}  // namespace homeostat
