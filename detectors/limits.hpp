// Limits watches the conditions and forecasts of the catalogue on every series they speak of.
//
// A series is bound to its rows once, when its slot is (re)used; after that a tick costs a look at
// the bound series only. All memory is taken in the constructor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/finding.hpp"
#include "core/function_ref.hpp"
#include "core/series.hpp"
#include "detectors/catalogue.hpp"
#include "detectors/condition_state.hpp"
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

    // Takes in one tick. REQUIRES: now does not go back, one table for the life of this object.
    void observe(const Samples& samples);

    // Appends what holds now while there is room; returns how many found none.
    std::size_t report(const Samples& samples, std::vector<Finding>& out) const;

    // See Detectors: models of a former run, and what to write down of this one.
    void set_bank(const ModelBank* bank) { bank_ = bank; }
    void save(const SeriesTable& table, FunctionRef<void(const SavedModel&)> take) const;
    [[nodiscard]] std::uint64_t models_taken() const { return models_taken_; }
    [[nodiscard]] double forecast_clock(Instant now) const;
    void set_forecast_clock(double clock_seconds, Instant now);

    [[nodiscard]] std::size_t memory_bytes() const;
    [[nodiscard]] std::uint64_t refused() const { return refused_; }  // pairs that found no room

private:
    struct Reading {
        std::uint32_t generation = 0;
        double value = 0;
        Instant at;
    };
    struct BoundCondition {
        SeriesId series;
        std::size_t row = 0;
        ConditionState state;
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
    [[nodiscard]] std::optional<double> fresh_value(const Samples& samples, std::string_view metric,
                                                    const Subject& subject) const;
    [[nodiscard]] bool is_fresh(const Samples& samples, SeriesId id) const;
    void observe_condition(BoundCondition& bound, const Samples& samples);
    void observe_forecast(BoundForecast& bound, const Samples& samples);

    LimitsSettings settings_;
    std::vector<Reading> readings_;  // by slot
    std::vector<BoundCondition> conditions_;
    std::vector<BoundForecast> forecasts_;
    const ModelBank* bank_ = nullptr;
    std::uint64_t models_taken_ = 0;
    double forecast_clock_offset_ = 0;  // to the monotonic clock, seconds
    std::uint64_t refused_ = 0;
};

}  // namespace homeostat
