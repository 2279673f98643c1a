#include "detectors/limits.hpp"

#include <algorithm>

namespace homeostat {
namespace {

// A value not renewed for this long is unknown: the mount is gone, or its collector is stuck.
constexpr Duration kStaleAfter = seconds(90);
constexpr double kEventsMin = 0.1;  // a second: a share of fewer events is a share of nothing
// A forecast goes on for this long after its growth paused, so that a bursty writer is one story.
constexpr Duration kForecastLinger = seconds(30);
constexpr Duration kUrgent = hours(1);
constexpr double kSmoothingSeconds = 2;
// Above this share somebody is likely to tidy up by hand: such a fall is no habit of the series.
constexpr double kCrowdedRatio = 0.9;
constexpr double kHorizonSlack = 1.5;  // hysteresis: a forecast ends this far beyond the horizon

template <typename Bound>
void erase_slot(std::vector<Bound>& bounds, std::uint32_t slot) {
    for (std::size_t i = bounds.size(); i > 0; --i) {
        if (bounds[i - 1].series.slot != slot) continue;
        bounds[i - 1] = bounds.back();
        bounds.pop_back();
    }
}

bool push_if_room(std::vector<Finding>& out, const Finding& finding) {
    if (out.size() == out.capacity()) return false;
    out.push_back(finding);
    return true;
}

}  // namespace

// The share of the way that the smoothed rate goes in `step` seconds: an RC filter's.
void Limits::Reading::take(double new_value, Instant now) {
    if (is_counter && at.monotonic_ns != 0) {
        const double step = (now - at).seconds();
        if (new_value < value || step <= 0) {
            has_rate = has_rate && step <= 0;  // a counter that went down was reset
        } else {
            const double newest = (new_value - value) / step;
            const double share = has_rate ? step / (step + kSmoothingSeconds) : 1;
            rate += (newest - rate) * share;
            has_rate = true;
        }
        if (!has_rate) rate = 0;
    }
    value = new_value;
    at = now;
}

Limits::Limits(LimitsSettings settings)
    : settings_(std::move(settings)),
      events_(settings_.conditions),
      readings_(settings_.series_max) {
    row_last_at_.resize(settings_.conditions.size());
    conditions_.reserve(settings_.conditions_max);
    forecasts_.reserve(settings_.forecasts_max);
}

void Limits::observe(const Samples& samples) {
    for (const Sample& sample : samples.all()) {
        if (sample.series.slot >= readings_.max()) continue;  // REQUIRES of the constructor
        Reading& reading = readings_.touch(sample.series.slot);
        if (reading.generation != sample.series.generation) {
            const SeriesInfo& info = samples.table().info(sample.series);
            unbind(sample.series.slot);
            bind(sample.series, info);
            reading = {};
            reading.generation = sample.series.generation;
            reading.is_counter = info.kind == MetricKind::Counter;
        }
        reading.take(sample.value, samples.at());
    }
    for (BoundCondition& bound : conditions_) observe_condition(bound, samples);
    for (BoundForecast& bound : forecasts_) observe_forecast(bound, samples);
}

void Limits::bind(SeriesId id, const SeriesInfo& info) {
    for (std::size_t row = 0; row < settings_.conditions.size(); ++row) {
        if (info.metric != settings_.conditions[row].metric) continue;
        if (conditions_.size() == conditions_.capacity()) {
            ++refused_;
            continue;
        }
        conditions_.push_back({.series = id, .row = row, .state = {}, .value = 0});
    }
    const auto rules = stock_forecasts();
    for (std::size_t row = 0; row < rules.size(); ++row) {
        if (info.metric != rules[row].metric) continue;
        if (forecasts_.size() == forecasts_.capacity()) {
            ++refused_;
            continue;
        }
        BoundForecast bound;
        bound.series = id;
        bound.row = row;
        const std::string_view state =
            bank_ == nullptr ? std::string_view{} : bank_->find(ModelKind::Forecast, info);
        if (!state.empty() && read_bytes(state, bound.model)) ++models_taken_;
        forecasts_.push_back(bound);
    }
}

void Limits::unbind(std::uint32_t slot) {
    erase_slot(conditions_, slot);
    erase_slot(forecasts_, slot);
}

bool Limits::is_fresh(const Samples& samples, SeriesId id) const {
    const Reading& reading = readings_[id.slot];
    return reading.generation == id.generation && samples.table().is_current(id) &&
           samples.at() - reading.at <= kStaleAfter;
}

const Limits::Reading* Limits::fresh_reading(const Samples& samples, std::string_view metric,
                                             const Subject& subject) const {
    if (metric.empty()) return nullptr;
    const auto id = samples.table().find(metric, subject);
    if (!id || id->slot >= readings_.size() || !is_fresh(samples, *id)) return nullptr;
    return &readings_[id->slot];
}

std::optional<double> Limits::fresh_signal(const Samples& samples, std::string_view metric,
                                           const Subject& subject) const {
    const Reading* reading = fresh_reading(samples, metric, subject);
    return reading == nullptr ? std::nullopt : reading->signal();
}

const Limits::Reading* Limits::nearest_reading(const Samples& samples, std::string_view metric,
                                               const Subject& subject) const {
    const Reading* own = fresh_reading(samples, metric, subject);
    const bool has_own = own != nullptr && own->signal();
    if (has_own || subject.kind == SubjectKind::Host) return own;
    return fresh_reading(samples, metric, Subject{});
}

std::optional<double> Limits::nearest_signal(const Samples& samples, std::string_view metric,
                                             const Subject& subject) const {
    const Reading* reading = nearest_reading(samples, metric, subject);
    return reading == nullptr ? std::nullopt : reading->signal();
}

std::optional<double> Limits::value_of(const BoundCondition& bound, const Samples& samples) const {
    const Condition& condition = settings_.conditions[bound.row];
    const Reading& reading = readings_[bound.series.slot];
    if (condition.comparison == Comparison::Grew) return reading.value;
    const auto value = reading.signal();
    if (!value || condition.per.empty()) return value;
    const Subject& subject = samples.table().info(bound.series).subject;
    const Reading* per = nearest_reading(samples, condition.per, subject);
    const auto divisor = per == nullptr ? std::nullopt : per->signal();
    if (!divisor) return std::nullopt;
    // Of hardly anything: two rates that fade together keep their share for ever.
    const bool fades = reading.is_counter && per->is_counter && *value < kEventsMin;
    if (fades && worse_above(condition.comparison)) return 0;
    if (!(*divisor > 0)) return std::nullopt;
    return *value / *divisor;
}

void Limits::observe_condition(BoundCondition& bound, const Samples& samples) {
    const Reading& reading = readings_[bound.series.slot];
    if (reading.at != samples.at() || reading.generation != bound.series.generation) return;
    row_last_at_[bound.row] = samples.at();
    const auto value = value_of(bound, samples);
    if (!value) return;
    const Condition& condition = settings_.conditions[bound.row];
    const Subject& subject = samples.table().info(bound.series).subject;
    bound.value = *value;
    ConditionInput input{.value = *value};
    if (!condition.room_metric.empty()) {
        input.room = fresh_signal(samples, condition.room_metric, subject);
    }
    // Looked up only when they matter: most conditions are far from their limit.
    const double mildest = condition.steps[0].limit;
    const bool near = worse_above(condition.comparison) ? *value >= mildest : *value <= mildest;
    if (near && !condition.witness.metric.empty()) {
        input.witness = nearest_signal(samples, condition.witness.metric, subject);
        input.witness_or = nearest_signal(samples, condition.witness_or.metric, subject);
    }
    bound.state.observe(condition, input, samples.at());
}

void Limits::observe_forecast(BoundForecast& bound, const Samples& samples) {
    const Reading& reading = readings_[bound.series.slot];
    if (reading.at != samples.at() || reading.generation != bound.series.generation) return;
    const Instant now = samples.at();
    const bool attended = bound.holds || reading.value >= kCrowdedRatio;
    bound.model.observe(forecast_clock(now), reading.value, attended);
    const ForecastResult result = bound.model.forecast(1.0);
    const double horizon = settings_.forecast_horizon.seconds() * (bound.holds ? kHorizonSlack : 1);
    const bool matters = result.will_fill && result.seconds <= horizon &&
                         reading.value >= settings_.forecast_used_min;
    if (matters) {
        if (!bound.holds) bound.since = now;
        bound.holds = true;
        bound.last_held = now;
        bound.result = result;
    } else if (bound.holds && now - bound.last_held >= kForecastLinger) {
        bound.holds = false;
    }
}

// Nobody has measured this of any subject for a while: what held then is the last we know. When
// others are still measured, it is the subject that is gone.
bool Limits::is_silent(const Samples& samples, const BoundCondition& bound) const {
    return !is_fresh(samples, bound.series) && samples.table().is_current(bound.series) &&
           samples.at() - row_last_at_[bound.row] > kStaleAfter;
}

Finding Limits::describe(const BoundCondition& bound, const ConditionStep& step,
                         const SeriesInfo& info) const {
    const Condition& condition = settings_.conditions[bound.row];
    Finding finding;
    finding.kind = FindingKind::Condition;
    finding.severity = step.severity;
    finding.condition = condition.name;
    finding.incident = condition.incident;
    finding.subject = info.subject;
    finding.metric = info.metric;
    finding.unit = condition.per.empty() ? info.unit : Unit::None;
    finding.since = bound.state.since();
    finding.value = bound.value;
    finding.worse_below = !worse_above(condition.comparison);
    finding.expected = bound.state.usual();
    finding.limit = step.limit;
    finding.score = 1;
    return finding;
}

Finding Limits::describe(const BoundForecast& bound, const Samples& samples) const {
    const ForecastRule& rule = stock_forecasts()[bound.row];
    const SeriesInfo& info = samples.table().info(bound.series);
    const auto size = fresh_signal(samples, rule.size_metric, info.subject);
    Finding finding;
    finding.kind = FindingKind::Forecast;
    finding.severity =
        bound.result.seconds <= kUrgent.seconds() ? Severity::Error : Severity::Warning;
    finding.condition = rule.name;
    finding.incident = rule.incident;
    finding.subject = info.subject;
    finding.metric = info.metric;
    finding.unit = info.unit;
    finding.since = bound.since;
    finding.value = readings_[bound.series.slot].value;
    finding.limit = 1;
    finding.score = 1;
    finding.rate_per_second = bound.result.rate_per_second * size.value_or(1);
    finding.seconds_to_limit = bound.result.seconds;
    finding.seconds_to_limit_low = bound.result.seconds_low;
    finding.seconds_to_limit_high = bound.result.seconds_high;
    return finding;
}

std::size_t Limits::report(const Samples& samples, std::vector<Finding>& out) {
    std::size_t refused = 0;
    for (const BoundCondition& bound : conditions_) {
        const ConditionStep* step = bound.state.holding(settings_.conditions[bound.row]);
        if (step == nullptr) continue;
        const bool silent = is_silent(samples, bound);
        if (!silent && !is_fresh(samples, bound.series)) continue;  // the subject is gone
        Finding finding = describe(bound, *step, samples.table().info(bound.series));
        finding.source_silent = silent;
        if (!push_if_room(out, finding)) ++refused;
    }
    for (const BoundForecast& bound : forecasts_) {
        if (!bound.holds || !is_fresh(samples, bound.series)) continue;
        if (!push_if_room(out, describe(bound, samples))) ++refused;
    }
    return refused + events_.report(samples.at(), out);
}

void Limits::save(const SeriesTable& table, FunctionRef<void(const SavedModel&)> take) const {
    for (const BoundForecast& bound : forecasts_) {
        if (!table.is_current(bound.series)) continue;
        const SeriesInfo& info = table.info(bound.series);
        take({.kind = ModelKind::Forecast,
              .metric_kind = info.kind,
              .metric = info.metric,
              .subject_kind = info.subject.kind,
              .subject = info.subject.name,
              .state = bytes_of(bound.model)});
    }
}

double Limits::forecast_clock(Instant now) const {
    return Duration{now.monotonic_ns}.seconds() + forecast_clock_offset_;
}

void Limits::set_forecast_clock(double clock_seconds, Instant now) {
    forecast_clock_offset_ = clock_seconds - Duration{now.monotonic_ns}.seconds();
}

std::size_t Limits::memory_bytes() const {
    return readings_.memory_bytes() + conditions_.capacity() * sizeof(BoundCondition) +
           forecasts_.capacity() * sizeof(BoundForecast) +
           row_last_at_.capacity() * sizeof(Instant) + events_.memory_bytes();
}

}  // namespace homeostat
