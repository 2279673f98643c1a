// UsualRange is the lowest and the highest that a series was on each of the last fourteen days, so
// that "lower than on any day of two weeks" can be said. One day may be an exception: from a week
// on, the second lowest and the second highest count.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace homeostat {

class UsualRange {
public:
    // `mean`: of the last minutes. REQUIRES: finite.
    void observe(double local_seconds, double mean);

    // Enough days for a range.
    [[nodiscard]] bool is_known() const { return days_ >= kDaysMin; }
    [[nodiscard]] double low() const { return floor_; }
    [[nodiscard]] double high() const { return ceiling_; }

    // False for bytes that no history leads to.
    [[nodiscard]] bool is_sound() const;

private:
    static constexpr std::size_t kDays = 14;
    static constexpr std::uint8_t kDaysMin = 3;

    void close_day();

    std::array<float, kDays> lows_{};  // of the last days, in a ring
    std::array<float, kDays> highs_{};
    float low_ = 0;  // of the open day
    float high_ = 0;
    float floor_ = 0;
    float ceiling_ = 0;
    std::int32_t day_ = 0;   // that is open
    std::uint8_t days_ = 0;  // in the ring
    std::uint8_t next_ = 0;  // place in the ring
    std::uint8_t open_ = 0;  // no bool: it is read back from a file
};

}  // namespace homeostat
