// Limits watches the conditions and forecasts of the catalogue on every series they speak of.
//
// A series is bound to its rows once, when its slot is (re)used; after that a tick costs a look at
// the bound series only. Counters are read as a rate that is smoothed over a few seconds: a second
// is too short to judge by. All memory is taken in the constructor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/finding.hpp"
#include "core/function_ref.hpp"
#include "core/lazy_array.hpp"
#include "core/series.hpp"
#include "detectors/catalogue.hpp"
#include "detectors/condition_state.hpp"
#include "detectors/event_conditions.hpp"
#include "detectors/forecast.hpp"
#include "detectors/model_bank.hpp"

namespace homeostat {

struct LimitsSettings {
    std::size_t series_max = 0;
    std::size_t conditions_max = 0;  // bound (condition, series) pairs
    std::size_t forecasts_max = 0;
    std::vector<Condition> conditions;
    double forecast_used_min = 0;
    Duration forecast_horizon;
};

class Limits {
public:
    explicit Limits(LimitsSettings settings);

    // Takes in one event, before observe() of its tick.
    void note(const Event& event) { events_.note(event); }

    // Takes in one tick. REQUIRES: now does not go back, one table for the life of this object.
    void observe(const Samples& samples);

    // Appends what holds now while there is room; returns how many found none.
    std::size_t report(const Samples& samples, std::vector<Finding>& out);

    // See Detectors: models of a former run, and what to write down of this one.
    void set_bank(const ModelBank* bank) { bank_ = bank; }
    void save(const SeriesTable& table, FunctionRef<void(const SavedModel&)> take) const;
    [[nodiscard]] std::uint64_t models_taken() const { return models_taken_; }
    [[nodiscard]] double forecast_clock(Instant now) const;
    void set_forecast_clock(double clock_seconds, Instant now);

    [[nodiscard]] std::size_t memory_bytes() const;
    [[nodiscard]] std::uint64_t refused() const { return refused_; }  // pairs that found no room

    // The newest signal of this metric on the subject, else on the host; nothing when it is not
    // fresh.
    [[nodiscard]] std::optional<double> nearest_signal(const Samples& samples,
                                                       std::string_view metric,
                                                       const Subject& subject) const;

private:
    struct Reading {
        std::uint32_t generation = 0;
        bool has_rate = false;
        bool is_counter = false;
        double value = 0;
        double rate = 0;  // of a counter, per second, smoothed
        Instant at;

        void take(double new_value, Instant now);
        [[nodiscard]] std::optional<double> signal() const {
            if (!is_counter) return value;
            return has_rate ? std::optional(rate) : std::nullopt;
        }
    };
    struct BoundCondition {
        SeriesId series;
        std::size_t row = 0;
        ConditionState state;
        double value = 0;  // the signal when it was last observed
    };
    struct BoundForecast {
        SeriesId series;
        std::size_t row = 0;
        bool holds = false;
        Instant since;
        Instant last_held;
        ForecastResult result;
        CapacityForecast model;
    };

    void bind(SeriesId id, const SeriesInfo& info);
    void unbind(std::uint32_t slot);
    // What was last read of a metric of this subject, or null when it is unknown or old; the second
    // falls back on the host.
    [[nodiscard]] const Reading* fresh_reading(const Samples& samples, std::string_view metric,
                                               const Subject& subject) const;
    [[nodiscard]] const Reading* nearest_reading(const Samples& samples, std::string_view metric,
                                                 const Subject& subject) const;
    [[nodiscard]] std::optional<double> fresh_signal(const Samples& samples,
                                                     std::string_view metric,
                                                     const Subject& subject) const;
    // ... of this subject, else of the host.
    [[nodiscard]] std::optional<double> value_of(const BoundCondition& bound,
                                                 const Samples& samples) const;
    [[nodiscard]] bool is_fresh(const Samples& samples, SeriesId id) const;
    void observe_condition(BoundCondition& bound, const Samples& samples);
    void observe_forecast(BoundForecast& bound, const Samples& samples);

    [[nodiscard]] bool is_silent(const Samples& samples, const BoundCondition& bound) const;
    [[nodiscard]] Finding describe(const BoundCondition& bound, const ConditionStep& step,
                                   const SeriesInfo& info) const;
    [[nodiscard]] Finding describe(const BoundForecast& bound, const Samples& samples) const;

    LimitsSettings settings_;
    EventConditions events_;
    LazyArray<Reading> readings_;       // by slot
    std::vector<Instant> row_last_at_;  // by condition: when any subject was last measured
    std::vector<BoundCondition> conditions_;
    std::vector<BoundForecast> forecasts_;
    const ModelBank* bank_ = nullptr;
    std::uint64_t models_taken_ = 0;
    double forecast_clock_offset_ = 0;  // to the monotonic clock, seconds
    std::uint64_t refused_ = 0;
};

}  // namespace homeostat
