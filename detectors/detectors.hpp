// Detectors turns one tick's samples into findings: what is odd, and which limit is near.
//
// The second stage of the agent. Everything is sized in the constructor; run() allocates nothing.
// Findings are levels: each is repeated every tick for as long as it holds. Time comes in with the
// samples: intervals are measured on the monotonic clock, the calendar is read off the wall clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/finding.hpp"
#include "core/function_ref.hpp"
#include "core/series.hpp"
#include "detectors/catalogue.hpp"
#include "detectors/learning_hold.hpp"
#include "detectors/model_bank.hpp"
#include "detectors/noise_budget.hpp"
#include "detectors/past_value.hpp"

namespace homeostat {

struct DetectorSettings {
    std::size_t series_max = 2000;      // as many as the SeriesTable has slots
    std::size_t conditions_max = 2048;  // (condition, series) pairs that are watched
    std::size_t forecasts_max = 128;    // capacity-like series that get a forecast: mounts, mostly
    std::size_t findings_max = 256;     // per tick; what finds no room is counted
    Duration tick = seconds(1);         // how often run() is called
    std::vector<Condition> conditions{stock_conditions().begin(), stock_conditions().end()};
    double forecast_used_min = 0.1;         // an emptier disk is not forecast
    Duration forecast_horizon = hours(24);  // "will be full" matters when it is nearer than this
    std::int64_t utc_offset_seconds = 0;    // local time for the daily and weekly curves
    double noise_per_second = kNoisePerSecondDefault;  // reports of learned models, for all series
    bool learned = true;                               // false: conditions and forecasts only
};

// How far learning has come, for `homeostat status`.
struct LearningProgress {
    std::size_t series = 0;        // series with a model
    std::size_t series_ready = 0;  // ... whose model has seen enough to judge
    std::size_t series_held = 0;   // ... whose model learns nothing now (LearningHold)
    double ready_ratio = 0;        // series_ready / series; 0 when there are none
};

class Detectors {
public:
    explicit Detectors(const DetectorSettings& settings);
    ~Detectors();
    Detectors(Detectors&&) noexcept;
    Detectors& operator=(Detectors&&) noexcept;

    // Takes in one event, before run() of its tick: conditions may have an event for their signal.
    void note(const Event& event);

    // All findings that hold now. The span is valid until the next call.
    // REQUIRES: samples.at() does not go back on the monotonic clock, and the samples come from
    // one SeriesTable with at most series_max slots for the life of this object.
    std::span<const Finding> run(const Samples& samples);

    // Begins the learned model of a series anew with its past, unless it is ready as it is: values
    // oldest first, of a counter as rates. Takes a few milliseconds for two weeks of five-minute
    // values.
    void teach(SeriesId series, std::span<const PastValue> past);

    // Local time minus UTC, for the daily curves; call again when daylight saving changes it.
    void set_utc_offset(std::int64_t seconds);

    // What is not to be learned from now on, until the next call: the series of subjects with an
    // open incident or under maintenance.
    void set_holds(const LearningHolds& holds);

    // Models of a former run: a series that is new to this one takes its own from there. Borrowed
    // until the next call; null for none.
    void set_bank(const ModelBank* bank);

    // Calls `take` with what has been learned of each series of this table.
    void save(const SeriesTable& table, FunctionRef<void(const SavedModel&)> take) const;

    // The clock of the forecasts, in seconds: it counts on from a former run's, so that what they
    // have seen stays in its place.
    [[nodiscard]] double forecast_clock(Instant now) const;
    void set_forecast_clock(double clock_seconds, Instant now);

    // How many models were taken from banks.
    [[nodiscard]] std::uint64_t models_taken() const;

    [[nodiscard]] std::size_t memory_bytes() const;  // all of it, allocated at start
    [[nodiscard]] LearningProgress learning() const;
    [[nodiscard]] std::uint64_t findings_dropped() const;  // no room in the buffer
    [[nodiscard]] std::uint64_t series_refused() const;  // more than conditions_max, forecasts_max

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace homeostat
