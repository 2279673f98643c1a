#include "detectors/series_model.hpp"

#include <algorithm>
#include <cmath>

#include "detectors/ingredients.hpp"

namespace homeostat {
namespace {

constexpr double kDay = 86400;
constexpr double kMemoryDays = 40;          // of baselines and scales
constexpr double kErrorMemoryDays = 1;      // of the predictors' errors
constexpr double kFastSteps = 5;            // one-step predictors: fast mean and offset, in rows
constexpr double kQuarterSeconds = 900;     // ... and at least this; so is the level residual
constexpr double kQuarterSteps = 3;         // ... at least this many rows
constexpr double kFiveSeconds = 300;        // what is compared with the range of two weeks
constexpr double kWeekMemoryDays = 14;      // of the comparison of week and day
constexpr double kWeekClip = 16;            // curve scales: a Sunday may be far off
constexpr double kHoursSeconds = 3 * 3600;  // the steady offset forgets in this
constexpr double kOffsetClip = 2;           // scales that one row may move it, before forgetting
constexpr std::uint32_t kRowsMin = 20;      // below this nothing is judged
constexpr double kLevelShare = 1e-4;        // of the overall level: the least scale of a residual
constexpr double kScaleMin = 1e-12;
constexpr double kShareFloor = 0.1;      // of the mean size: below it, ratios mean nothing
constexpr double kShareScaleMin = 0.02;  // a ratio steadier than two per cent is called steady

// Multiples of the scale at which each residual begins to be odd.
constexpr double kStepMultiple = 6;
constexpr double kShiftMultiple = 5;
constexpr double kLevelMultiple = 4;
constexpr double kShareMultiple = 8;
constexpr double kEmptyShare = 0.05;   // of the mean size: less is nothing, and not a half of it
constexpr double kRangeSlack = 0.1;    // of the shift's scale: the least width of a range
constexpr double kBeyondShare = 0.05;  // of a range's width: as far outside is no chance
constexpr double kOwnLevelMin = 0.9;   // of a question: it has to be quieter to count for more
constexpr double kJobMultiple = 1.25;  // of what a job always reaches: more is news

// A run of equal values is odd from twice the longest one remembered.
constexpr double kRunMultiple = 2;
constexpr double kRunMin = 30;       // rows: shorter runs are ordinary
constexpr double kChangesMin = 0.5;  // of the rows: what changes less often may well stand still
constexpr std::uint32_t kRunRowsMin = 1000;
constexpr std::uint16_t kRunMax = 60000;

constexpr double kHeldMax = 1e11;      // local seconds: further is no time that anybody set
constexpr double kSurpriseMax = 1e30;  // what is remembered of one

constexpr double kLastingClip = 3;         // one row is no lasting shift
constexpr double kLastingLevelMin = 0.05;  // a bad hour of the quietest series

double clip(double value, double limit) {
    return std::clamp(value, -limit, limit);
}

FindingKind kind_of(Horizon horizon) {
    switch (horizon) {
        case Horizon::Step: return FindingKind::Spike;
        case Horizon::Level: return FindingKind::Trend;
        case Horizon::Frozen: return FindingKind::FlatLine;
        default: return FindingKind::LevelShift;
    }
}

// The weight of one row in a mean that forgets in `memory` seconds.
double weight_of(double elapsed, double memory) {
    return 1 - std::exp(-elapsed / memory);
}

// The weights of a row in the means of a series. One exponential serves all of them: that of three
// hours, to the power of twelve that of a quarter, and that to the power of three of five minutes.
struct Weights {
    Weights(double elapsed, double step_seconds) {
        static_assert(kHoursSeconds == 12 * kQuarterSeconds && kQuarterSeconds == 3 * kFiveSeconds);
        const double kept = std::exp(-elapsed / kHoursSeconds);
        const double fourth = kept * kept * kept * kept;
        const double kept_quarter = fourth * fourth * fourth;
        hours = 1 - kept;
        quarter = 1 - kept_quarter;
        five = 1 - kept_quarter * kept_quarter * kept_quarter;
        const auto of_rows = [&](double least, double memory, double weight) {
            const double steps = least * step_seconds;
            return steps > memory ? weight_of(elapsed, steps) : weight;
        };
        fast = of_rows(kFastSteps, kQuarterSeconds, quarter);
        quarter_rows = of_rows(kQuarterSteps, kQuarterSeconds, quarter);
        hours_rows = of_rows(kQuarterSteps, kHoursSeconds, hours);
    }

    double five = 0;
    double quarter = 0;
    double hours = 0;
    // Of means over some rows at least, where a row stands for long.
    double fast = 0;
    double quarter_rows = 0;
    double hours_rows = 0;
};

}  // namespace

struct SeriesModel::Residuals {
    explicit Residuals(const Weights& of_row) : weights(of_row) {}

    Weights weights;
    double rows_a_day = 0;
    double floor = 0;  // least scale
    double expected = 0;
    double step = 0;
    double step_scale = 0;
    double shift = 0;
    double shift_scale = 0;
    double level = 0;  // not yet averaged
    double daily = 0;  // from the usual day alone
    double curve_scale = 0;
    double share = 0;
    std::array<double, kPredictors> misses{};
};

double SeriesModel::usual_at(double local_seconds) const {
    const Season::Place place = Season::place_of(local_seconds);
    return season_.expected(place) + week_.offset(place);
}

double SeriesModel::usual_distance() const {
    return curve_scale_.value(std::max(kLevelShare * std::fabs(season_.overall()), kScaleMin));
}

bool SeriesModel::is_sound() const {
    const std::array<double, 10> numbers{last_seconds_, last_, fast_, curve_offset_, steady_offset_,
                                         quarter_,      long_, size_, spread_,       five_};
    const auto finite = [](double x) { return std::isfinite(x); };
    return season_.is_sound() && week_.is_sound() && range_.is_sound() && jobs_.is_sound() &&
           curve_scale_.is_sound() && step_scale_.is_sound() && shift_scale_.is_sound() &&
           level_scale_.is_sound() && share_scale_.is_sound() && long_scale_.is_sound() &&
           std::all_of(of_each_.begin(), of_each_.end(),
                       [](const BlockMaxima& of_one) { return of_one.is_sound(); }) &&
           calibration_.is_sound() && as_it_is_.is_sound() && lasting_calibration_.is_sound() &&
           std::isfinite(lasting_) && std::all_of(errors_.begin(), errors_.end(), finite) &&
           std::all_of(numbers.begin(), numbers.end(), finite) && finite(step_seconds_) &&
           held_until_ >= 0 && held_until_ < kHeldMax && finite(longest_run_) &&
           finite(surprise_) && finite(odd_seconds_) && finite(changes_) &&
           horizon_ <= Horizon::Frozen && step_seconds_ >= 0;
}

bool SeriesModel::is_ready() const {
    return rows_ >= kRowsMin;
}

void SeriesModel::start(double local_seconds, double value) {
    season_.start(value);
    last_seconds_ = local_seconds;
    last_ = fast_ = five_ = value;
    size_ = static_cast<float>(std::fabs(value));
    rows_ = 1;
}

// Seconds that this row stands for. Keeps the usual step, which gaps do not teach.
double SeriesModel::measure_step(double local_seconds) {
    constexpr double kUsualStepShare = 0.1;
    double elapsed = local_seconds - last_seconds_;
    last_seconds_ = local_seconds;
    elapsed = std::min(elapsed, kMemoryDays * kDay);  // nothing older is remembered
    if (!(elapsed > 0)) elapsed = step_seconds_ > 0 ? double{step_seconds_} : 60;
    if (step_seconds_ <= 0) {
        step_seconds_ = static_cast<float>(elapsed);
    } else if (elapsed < 1.5 * step_seconds_ || rows_ < 5) {
        step_seconds_ += static_cast<float>(kUsualStepShare * (elapsed - step_seconds_));
    }
    return std::min(elapsed, 3.0 * step_seconds_);
}

SeriesModel::Residuals SeriesModel::residuals(double value, double expected, double elapsed) const {
    Residuals now{Weights{elapsed, double{step_seconds_}}};
    now.rows_a_day = kDay / step_seconds_;
    now.floor = std::max(kLevelShare * std::fabs(season_.overall()), kScaleMin);
    const std::array<double, kPredictors> predictions{last_, fast_, expected,
                                                      expected + curve_offset_};
    std::size_t best = 0;
    for (std::size_t i = 0; i < kPredictors; ++i) {
        now.misses[i] = value - predictions[i];
        if (errors_[i] < errors_[best]) best = i;
    }
    now.step = now.misses[best];
    now.step_scale = step_scale_.value(now.floor);
    now.level = value - expected;
    now.curve_scale = curve_scale_.value(now.floor);
    now.expected = expected + steady_offset_;
    now.shift = value - now.expected;
    now.shift_scale = shift_scale_.value(now.floor);
    if (value >= 0) {
        const double floor = kShareFloor * size_ + kScaleMin;
        now.share = std::log((value + floor) / (std::max(now.expected, 0.0) + floor));
    }
    return now;
}

SeriesVerdict SeriesModel::observe(double local_seconds, double value) {
    SeriesVerdict verdict;
    if (!std::isfinite(value) || !std::isfinite(local_seconds)) return verdict;
    value = clip(value, kValueMax);
    if (rows_ == 0) {
        start(local_seconds, value);
        return verdict;
    }
    const double elapsed = measure_step(local_seconds);
    const Season::Place place = Season::place_of(local_seconds);
    const double day = season_.expected(place);
    const double week = uses(Ingredient::Week) ? week_.offset(place) : 0;
    Residuals now = residuals(value, day + week, elapsed);
    now.daily = value - day;
    five_ += std::max(now.weights.five, 1.0 / rows_) * (value - five_);
    quarter_ += now.weights.quarter_rows * (now.level - quarter_);
    long_ += now.weights.hours_rows * (now.level - long_);
    spread_ += now.weights.hours_rows * (std::fabs(now.level - long_) - spread_);
    verdict.expected = now.expected;
    verdict.spread = now.shift_scale;
    verdict.rising = now.shift > 0;
    const bool teaches = learns(local_seconds);
    if (is_ready()) judge(local_seconds, now, verdict, teaches);
    remember(verdict, elapsed);
    verdict.odd_seconds = odd_seconds_;
    if (teaches) learn(now, place, value);
    follow(now, value);
    return verdict;
}

bool SeriesModel::learns(double local_seconds) const {
    const bool young = rows_ * double{step_seconds_} < kDay;
    return young || local_seconds >= held_until_;
}

void SeriesModel::accept_as_normal() {
    if (!is_held()) return;
    held_until_ = 0;
    season_.shift(long_);
    for (RobustScale* scale :
         {&curve_scale_, &step_scale_, &shift_scale_, &level_scale_, &long_scale_}) {
        scale->accept(spread_);
    }
    range_ = UsualRange{};
    quarter_ -= long_;
    curve_offset_ -= long_;
    long_ = 0;
}

// In multiples of what is usual, by horizon.
std::array<double, SeriesModel::kScored> SeriesModel::measure(const Residuals& now) const {
    std::array<double, kScored> scores{
        std::fabs(now.step) / now.step_scale / kStepMultiple,
        std::fabs(now.shift) / now.shift_scale / kShiftMultiple,
        std::fabs(quarter_) / level_scale_.value(now.floor) / kLevelMultiple,
        std::fabs(now.share) / share_scale_.value(kShareScaleMin) / kShareMultiple,
        0,
        0};
    if (range_.is_known() && five_ < range_.low() && five_ >= 0) {
        const double nothing = kEmptyShare * size_ + kScaleMin;
        scores[4] = std::log2((range_.low() + nothing) / (five_ + nothing));
    }
    if (range_.is_known() && five_ > range_.high()) {
        const double width = range_.high() - range_.low();
        const double least = std::max(now.floor, kRangeSlack * now.shift_scale);
        scores[5] = std::log2(1 + (five_ - range_.high()) / (width + least));
    }
    constexpr std::array<Ingredient, kScored> kParts{Ingredient::Step,  Ingredient::Shift,
                                                     Ingredient::Level, Ingredient::Share,
                                                     Ingredient::Floor, Ingredient::Ceiling};
    for (std::size_t i = 0; i < kScored; ++i) {
        if (!uses(kParts[i])) scores[i] = 0;
    }
    return scores;
}

// In multiples of what each question reaches in a bad hour.
std::array<double, SeriesModel::kScored> SeriesModel::calibrated(
    std::array<double, kScored> scores) const {
    if (!uses(Ingredient::Hours)) return scores;
    for (std::size_t i = 0; i < kAlways; ++i) {
        scores[i] /= std::max(kOwnLevelMin, of_each_[i].level());
    }
    return scores;
}

bool SeriesModel::is_beyond_range(double floor) const {
    if (!range_.is_known()) return false;
    const double slack = kBeyondShare * (range_.high() - range_.low()) + floor;
    return five_ < range_.low() - slack || five_ > range_.high() + slack;
}

void SeriesModel::judge(double local_seconds, const Residuals& now, SeriesVerdict& verdict,
                        bool teaches) {
    const std::array<double, kScored> raw = measure(now);
    const double raw_loudest = *std::max_element(raw.begin(), raw.end());
    const std::array<double, kScored> scores = calibrated(raw);
    const auto* loudest = std::max_element(scores.begin(), scores.end());
    verdict.judged = true;
    verdict.horizon = static_cast<Horizon>(loudest - scores.begin());
    const std::array<double, kScored> signs{now.step, now.shift, quarter_, now.share, -1, 1};
    verdict.rising = signs[static_cast<std::size_t>(verdict.horizon)] > 0;
    const auto level_of = [](const BlockMaxima& history) {
        return uses(Ingredient::Hours) ? std::max(1.0, history.level()) : 1;
    };
    const double bad_hour = level_of(calibration_);
    const double job = uses(Ingredient::Jobs) ? kJobMultiple * jobs_.usual(local_seconds) : 0;
    const double raw_bad_hour = level_of(as_it_is_);
    const double excused = raw_bad_hour / std::max(raw_bad_hour, job);  // by a job of this hour
    verdict.news.judged = true;
    verdict.news.surprise = raw_loudest / raw_bad_hour;
    verdict.news.step = raw[0] / raw_bad_hour;
    verdict.news.lean = now.shift / now.shift_scale / kShiftMultiple;
    verdict.news.beyond_range = is_beyond_range(now.floor);
    verdict.surprise = *loudest / bad_hour * excused;
    verdict.step_score = raw[0] * kStepMultiple * excused;
    verdict.long_score = std::fabs(long_) / long_scale_.value(now.floor);
    if (verdict.surprise >= 1)
        verdict.hours_between = std::exp2(calibration_.rarity_bits(*loudest));
    if (teaches) {
        for (std::size_t i = 0; i < kAlways; ++i) of_each_[i].observe(local_seconds, raw[i]);
        calibration_.observe(local_seconds, *loudest);
        as_it_is_.observe(local_seconds, raw_loudest);
        jobs_.observe(local_seconds, raw_loudest);
    }
    verdict.news.lasting = judge_lasting(local_seconds, now, teaches);
    const double frozen = uses(Ingredient::Frozen) ? measure_frozen(now, teaches) : 0;
    if (frozen > verdict.surprise) {
        verdict.surprise = frozen;
        verdict.horizon = Horizon::Frozen;
        verdict.hours_between = 0;
    }
    verdict.kind = kind_of(verdict.horizon);
}

// Only what changes with most rows can freeze.
double SeriesModel::measure_frozen(const Residuals& now, bool teaches) {
    const double change = now.misses[kLast];
    const double rows_max = kMemoryDays * now.rows_a_day;
    const double rows = std::min<double>(rows_, rows_max);
    changes_ += static_cast<float>(((change != 0 ? 1 : 0) - double{changes_}) / rows);
    if (change != 0) {
        longest_run_ *= static_cast<float>(1 - 1 / std::max(rows_max, 2.0));
        if (teaches) longest_run_ = std::max(longest_run_, static_cast<float>(run_));
        run_ = 0;
        return 0;
    }
    if (run_ < kRunMax) ++run_;
    if (rows_ < kRunRowsMin || changes_ < kChangesMin) return 0;
    return run_ / std::max(kRunMultiple * longest_run_, kRunMin);
}

// What the next questions about this row are answered from.
void SeriesModel::remember(const SeriesVerdict& verdict, double elapsed) {
    surprise_ = static_cast<float>(std::min(verdict.surprise, kSurpriseMax));
    horizon_ = verdict.horizon;
    rising_ = verdict.rising ? 1 : 0;
    odd_seconds_ = verdict.surprise >= 1 ? odd_seconds_ + static_cast<float>(elapsed) : 0;
}

SeriesVerdict SeriesModel::last_verdict() const {
    SeriesVerdict verdict;
    verdict.surprise = surprise_;
    verdict.expected = usual_at(last_seconds_) + steady_offset_;
    verdict.spread =
        shift_scale_.value(std::max(kLevelShare * std::fabs(season_.overall()), kScaleMin));
    verdict.horizon = horizon_;
    verdict.kind = kind_of(horizon_);
    verdict.rising = rising_ != 0;
    verdict.odd_seconds = odd_seconds_;
    verdict.judged = is_ready();
    return verdict;
}

double SeriesModel::judge_lasting(double local_seconds, const Residuals& now, bool teaches) {
    const double multiple = clip(now.shift / now.shift_scale / kShiftMultiple, kLastingClip);
    lasting_ += static_cast<float>(now.weights.quarter * (multiple - lasting_));
    const double size = std::fabs(double{lasting_});
    const double surprise = size / std::max(kLastingLevelMin, lasting_calibration_.level());
    if (teaches) lasting_calibration_.observe(local_seconds, size);
    return surprise;
}

void SeriesModel::learn(const Residuals& now, const Season::Place& place, double value) {
    const bool settled = is_ready();
    const double rows_max = std::max(kMemoryDays * now.rows_a_day, 1.0);
    const double share = 1 / std::min(rows_ + 1.0, rows_max);
    const double error_memory = std::max(20.0, kErrorMemoryDays * now.rows_a_day);
    const double error_share = 1 / std::min<double>(rows_, error_memory);
    const double limit = RobustScale::kClip * now.curve_scale;

    for (std::size_t i = 0; i < kPredictors; ++i) {
        constexpr double kMissClip = 16;  // scales: a fault must not choose the predictor
        const double miss = std::fabs(now.misses[i]);
        const double limited =
            settled ? std::min(miss, kMissClip * std::max(now.step_scale, now.curve_scale)) : miss;
        errors_[i] += static_cast<float>((limited - errors_[i]) * error_share);
    }
    const double level_scale = level_scale_.value(now.floor);
    curve_scale_.learn(now.daily, now.curve_scale, share, settled);
    step_scale_.learn(now.step, now.step_scale, share, settled);
    shift_scale_.learn(now.shift, now.shift_scale, share, settled);
    level_scale_.learn(quarter_, level_scale, share, settled);
    long_scale_.learn(long_, long_scale_.value(now.floor), share, settled);
    share_scale_.learn(now.share, share_scale_.value(kShareScaleMin), share, settled);

    const double toward = settled ? clip(now.daily, limit) : now.daily;
    const double overall_step = clip(value - season_.overall(), settled ? limit : kValueMax) /
                                std::min<double>(rows_, rows_max);
    season_.learn(place, toward, rows_max / 24, overall_step);
    const double weekly = settled ? clip(now.daily, kWeekClip * now.curve_scale) : now.daily;
    week_.learn(place, weekly, kWeekMemoryDays * now.rows_a_day);
    range_.observe(last_seconds_, five_);

    const double nudge = settled ? clip(now.shift, kOffsetClip * now.shift_scale) : now.shift;
    steady_offset_ += std::max(now.weights.hours, 1.0 / (rows_ + 1.0)) * nudge;
    size_ += static_cast<float>((std::fabs(value) - size_) * share);
    if (rows_ < UINT32_MAX) ++rows_;
}

// What is remembered for minutes only is no baseline: it follows, also while nothing is learned.
void SeriesModel::follow(const Residuals& now, double value) {
    fast_ += now.weights.fast * (value - fast_);
    curve_offset_ += now.weights.fast * (now.level - curve_offset_);
    last_ = value;
}

}  // namespace homeostat
