// SeriesModel learns what is normal for one series and says how odd its newest value is.
//
// Think of a night porter who has worked here for weeks. He compares the noise in the corridor
// with a minute ago (something fell), with the last hours (a party goes on), with what this hour
// is usually like (nobody should be here), and in proportion (the fridge went silent). And he
// knows how noisy a usual night is before he calls anybody.
//
// Seven questions, the first four with a robust scale of their own. The curve is the usual day
// (Season), corrected for the day of the week where that is known to be better (WeekProfile).
//   step     against the best of four one-step predictors (last value, fast mean, curve, curve
//            plus the present offset), best by their running error
//   shift    against the curve plus an offset that forgets in hours and is hard to move
//   level    the quarter-hour mean against the curve, which forgets in weeks
//   share    like shift, but as a ratio: a value that vanished is small in absolute terms
//   floor    the five-minute mean is half of the lowest of two weeks: traffic that vanished
//   ceiling  ... lies above the highest of two weeks, by as much as the range is wide
//   frozen   the same number again and again, far longer than ever: whoever measures it is stuck
// Each answer is in multiples of its scale. Of the first four, which are asked of every series,
// each is divided by what it reaches here in a bad hour (BlockMaxima), so that one that is always
// loud does not drown the others. The largest is the score, divided by what that in turn reaches in
// a bad hour, and by as much as a job at this hour exceeds one (RecurringJobs). All memory is in
// wall time, so rows of a minute and of an hour both work. Every update is clipped: a fault cannot
// teach the model that it is normal.
//
// Pure arithmetic in fixed memory: no clock, no allocation, no I/O; the same input gives the same
// output, bit for bit.
#pragma once

#include <array>
#include <cstdint>

#include "core/finding.hpp"
#include "detectors/block_maxima.hpp"
#include "detectors/recurring_jobs.hpp"
#include "detectors/robust_scale.hpp"
#include "detectors/season.hpp"
#include "detectors/series_news.hpp"
#include "detectors/usual_range.hpp"
#include "detectors/week_profile.hpp"

namespace homeostat {

// Which of the questions spoke loudest.
enum class Horizon : std::uint8_t { Step, Shift, Level, Share, Floor, Ceiling, Frozen };

struct SeriesVerdict {
    double surprise = 0;  // 1: what this series reaches in a bad hour; 0: as expected, or learning
    double expected = 0;
    double spread = 0;  // usual distance from expected
    FindingKind kind = FindingKind::Spike;
    Horizon horizon = Horizon::Step;
    bool rising = false;     // above what was expected
    double odd_seconds = 0;  // for so long it has been odder than in a bad hour
    // One hour in so many reached as much, as far back as is remembered; 0: an ordinary row.
    double hours_between = 0;
    bool judged = false;    // false while learning and for a missing value
    double step_score = 0;  // the one-step residual, in scales
    double long_score = 0;  // the three-hour mean's distance from the curve, in scales
    SeriesNews news;        // for the host's model
};

// A surprise as a number in [0,1): 1 becomes one half.
inline double score_of(double surprise) {
    return surprise / (1 + surprise);
}

class SeriesModel {
public:
    // A larger value is taken as this: squares stay finite.
    static constexpr double kValueMax = 1e30;

    // `local_seconds`: epoch seconds in local time; repeats, gaps and steps back are taken as they
    // come. A value that is not finite is missing: nothing is learned, the verdict is empty.
    SeriesVerdict observe(double local_seconds, double value);

    // False while too little has been seen to judge.
    [[nodiscard]] bool is_ready() const;

    // Until then what comes is judged as ever and changes no baseline: it is known to be wrong. A
    // model of less than a day learns in any case: it has nothing to lose.
    void hold_learning(double until_local_seconds) { held_until_ = until_local_seconds; }
    void resume_learning() { held_until_ = 0; }
    // Ends a hold that has lasted long enough: the level of the last hours is normal from now on.
    void accept_as_normal();
    [[nodiscard]] bool is_held() const { return held_until_ != 0; }
    [[nodiscard]] double held_until() const { return held_until_; }

    // For people: the learned middle of this hour of the week, the usual distance from it, and what
    // was seen last.
    [[nodiscard]] double usual_at(double local_seconds) const;
    [[nodiscard]] double usual_distance() const;
    [[nodiscard]] double last_value() const { return last_; }
    [[nodiscard]] double last_seconds() const { return last_seconds_; }
    [[nodiscard]] std::uint32_t rows() const { return rows_; }
    // Of the last row: see SeriesVerdict.
    [[nodiscard]] SeriesVerdict last_verdict() const;

    // The state is kept across restarts as its bytes: raise this when they change their meaning.
    static constexpr std::uint32_t kVersion = 5;
    // False for bytes that no history leads to: a restored model is asked before it is used.
    [[nodiscard]] bool is_sound() const;

private:
    static constexpr std::size_t kScored = 6;  // horizons whose score is calibrated
    static constexpr std::size_t kAlways = 4;  // ... that are asked of every row
    enum Predictor : std::size_t { kLast, kFast, kCurve, kCurveOffset, kPredictors };

    struct Residuals;

    void start(double local_seconds, double value);
    void judge(double local_seconds, const Residuals& now, SeriesVerdict& verdict, bool teaches);
    [[nodiscard]] std::array<double, kScored> measure(const Residuals& now) const;
    [[nodiscard]] std::array<double, kScored> calibrated(std::array<double, kScored> scores) const;
    [[nodiscard]] bool is_beyond_range(double floor) const;
    double measure_frozen(const Residuals& now, bool teaches);
    void remember(const SeriesVerdict& verdict, double elapsed);
    double measure_step(double local_seconds);
    [[nodiscard]] Residuals residuals(double value, double expected, double elapsed) const;
    double judge_lasting(double local_seconds, const Residuals& now, bool teaches);
    [[nodiscard]] bool learns(double local_seconds) const;
    void follow(const Residuals& now, double value);
    void learn(const Residuals& now, const Season::Place& place, double value);

    Season season_;
    WeekProfile week_;
    UsualRange range_;
    RecurringJobs jobs_;
    RobustScale curve_scale_;  // of the distance from the daily curve: clips what the curve learns
    RobustScale step_scale_;
    RobustScale shift_scale_;
    RobustScale level_scale_;
    RobustScale share_scale_;
    RobustScale long_scale_;
    std::array<BlockMaxima, kAlways> of_each_;  // what each question by itself reaches
    BlockMaxima calibration_;                   // what the largest in multiples of these does
    BlockMaxima as_it_is_;                      // ... and the largest as it is
    BlockMaxima lasting_calibration_;
    float lasting_ = 0;  // quarter-hour mean of the shift, in multiples
    std::array<float, kPredictors> errors_{};
    double last_seconds_ = 0;
    double held_until_ = 0;  // local seconds; 0: learns
    double last_ = 0;
    double fast_ = 0;
    double curve_offset_ = 0;   // fast, for the one-step predictor
    double steady_offset_ = 0;  // slow and hard to move
    double quarter_ = 0;        // quarter-hour mean of the residual of the daily curve
    double long_ = 0;           // ... its three-hour mean
    double spread_ = 0;         // ... the three-hour mean distance from that
    double five_ = 0;           // five-minute mean of the value
    float size_ = 0;            // mean of |value|
    float step_seconds_ = 0;
    float changes_ = 0;      // the share of rows that differ from the one before
    float longest_run_ = 0;  // rows with the same value, fading
    float surprise_ = 0;     // of the last row
    float odd_seconds_ = 0;
    std::uint16_t run_ = 0;  // rows since the value changed
    Horizon horizon_ = Horizon::Step;
    std::uint8_t rising_ = 0;  // no bool: it is read back from a file
    std::uint32_t rows_ = 0;
};

static_assert(sizeof(SeriesModel) <= 1536);

}  // namespace homeostat
