// CapacityForecast says when something that fills up will be full, and when it cannot know.
//
// Think of a landlord who watches the cellar fill with rain. Ten minutes of steady rise tell of the
// next forty minutes, not of next week; a pump that empties the cellar every night is no reason to
// call for help, until the water stands higher than the pump has ever let it.
//
// The same series is kept at nine resolutions, each 16 buckets long, from 32 seconds to 24 days.
// At each, the longest recent stretch of steady growth is sought (a straight line that explains
// most of what happened, that more than two of its buckets have raised, and that still rises: a
// burst that is over is no growth). A line is believed only
//   - as far ahead as a few times the length of the stretch that shows it, and
//   - if it has risen by more than this series is used to give back (rotation, clean-up).
// The soonest believed limit is the forecast: a change of pace is followed as soon as it is proven.
//
// Pure arithmetic in fixed memory: no clock, no allocation, no I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace homeostat {

struct ForecastResult {
    bool will_fill = false;
    double seconds = 0;  // until the limit, expected
    double seconds_low = 0;
    double seconds_high = 0;
    double rate_per_second = 0;      // of the value
    double growth_span_seconds = 0;  // how long the growth has been seen
};

class CapacityForecast {
public:
    // `seconds` from any fixed origin; a step back or a value that is not finite is ignored,
    // one of more than 1e30 is taken as that.
    // `attended`: somebody is at work on it (an open incident, our own remedy), so that a fall now
    // says nothing about what this series does when left alone.
    void observe(double seconds, double value, bool attended = false);

    // The state is kept across restarts as its bytes: raise this when they change their meaning.
    static constexpr std::uint32_t kVersion = 1;
    // False for bytes that no history leads to: a restored model is asked before it is used.
    [[nodiscard]] bool is_sound() const;

    // REQUIRES: limit is finite.
    [[nodiscard]] ForecastResult forecast(double limit) const;

private:
    static constexpr std::size_t kBuckets = 16;
    static constexpr std::size_t kLevels = 9;

    struct Level {
        std::array<float, kBuckets> lows{};
        std::array<std::uint16_t, kBuckets> ages{};  // buckets back to the neighbour before it
        std::uint8_t used = 0;
        std::uint8_t newest = 0;
        std::int64_t bucket = 0;
    };
    struct Line;

    static double width_of(std::size_t level);
    void add(Level& level, std::size_t index, double seconds, double value);
    void learn_fall(double seconds, double value, bool attended);
    void end_fall(double value);
    static double quickening(const Level& level, std::size_t points);
    static double seconds_at(const Line& line, double slope);
    [[nodiscard]] Line believed_line(const Level& level, std::size_t index, double limit) const;

    std::array<Level, kLevels> levels_{};
    double last_seconds_ = 0;
    double value_ = 0;
    double peak_ = 0;
    double trough_ = 0;
    double given_back_ = 0;    // the largest fall seen, forgotten over weeks
    double usual_peak_ = 0;    // where falls begin
    double largest_jump_ = 0;  // in one step, since the last fall
    bool falling_ = false;
    bool fall_attended_ = false;
    bool started_ = false;
};

static_assert(sizeof(CapacityForecast) <= 1344);

}  // namespace homeostat
