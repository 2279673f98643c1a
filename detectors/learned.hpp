// Learned watches every series with a SeriesModel of its own and all of them with a HostModel.
//
// Samples of a tick are gathered into windows of a minute of wall time, counters as rates, and the
// mean of a window is one row for the model: a tick of one second and one of a minute learn the
// same. What the models find odd is notable: it joins incidents, and opens one only where it has an
// effect and somebody suffers from it (detectors/learned_rules.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/finding.hpp"
#include "core/function_ref.hpp"
#include "core/lazy_array.hpp"
#include "core/series.hpp"
#include "detectors/catalogue.hpp"
#include "detectors/host_model.hpp"
#include "detectors/learned_rules.hpp"
#include "detectors/learning_hold.hpp"
#include "detectors/model_bank.hpp"
#include "detectors/noise_budget.hpp"
#include "detectors/past_value.hpp"
#include "detectors/rate.hpp"
#include "detectors/series_model.hpp"

namespace homeostat {

class Learned {
public:
    static constexpr std::size_t kFindingsMax = 16;  // per tick, the most surprising

    // `noise_per_second`: how often something odd may be reported (NoiseBudget).
    explicit Learned(std::size_t series_max, double noise_per_second = kNoisePerSecondDefault);

    // Takes in one tick. REQUIRES: now does not go back, one table for the life of this object.
    void observe(const Samples& samples, std::int64_t utc_offset_seconds);

    // Appends what is odd now while there is room; returns how many found none.
    std::size_t report(const Samples& samples, std::vector<Finding>& out, Testimony testimony);

    // See Detectors.
    void set_holds(const LearningHolds& holds) { holds_ = holds; }

    // See Detectors: models of a former run, and what to write down of this one.
    void set_bank(const ModelBank* bank) { bank_ = bank; }
    void save(const SeriesTable& table, FunctionRef<void(const SavedModel&)> take) const;
    [[nodiscard]] std::uint64_t models_taken() const { return models_taken_; }

    // Begins the series anew with what it was before we watched it, values oldest first, unless its
    // model is ready as it is.
    void teach(SeriesId series, std::span<const PastValue> past, std::int64_t utc_offset_seconds);

    [[nodiscard]] std::size_t memory_bytes() const;
    [[nodiscard]] std::size_t series() const;
    [[nodiscard]] std::size_t series_ready() const;
    [[nodiscard]] std::size_t series_held() const;

private:
    struct Slot {
        std::uint32_t generation = 0;
        std::uint32_t count = 0;  // values in the open window
        double sum = 0;
        RateState rate;
        Instant odd_since;
        bool odd = false;
        bool planned = false;  // under maintenance
        bool harms = false;    // somebody has suffered from it since it is odd
        bool judged = false;   // in the last window
        // Windows in a row with a value, before the silence if it is silent now; and since then
        // without one. Both stop counting where more would say no more.
        std::uint16_t steady = 0;
        std::uint16_t silent = 0;
        double value = 0;  // mean of the last window
        SeriesVerdict verdict;
        SeriesModel model;
    };

    void begin_slot(const Sample& sample, const SeriesInfo& info);
    void mind_hold(Slot& slot, const Subject& subject, Instant now, double local_seconds) const;
    void close_window(const Samples& samples, std::int64_t utc_offset_seconds);
    void judge(Slot& slot, Instant now, double local_seconds);
    static void count_silence(Slot& slot);
    [[nodiscard]] static bool is_missing(const Slot& slot);
    void spend_budget(Instant now, bool begins);
    [[nodiscard]] Finding describe(const Slot& slot, const SeriesInfo& info) const;
    [[nodiscard]] static Finding describe_missing(const Slot& slot, const SeriesInfo& info);
    void make_room();
    std::size_t report_missing(const Samples& samples, std::vector<Finding>& out) const;
    static void weigh(Slot& slot, Finding& finding, Instant now, Testimony testimony);

    LazyArray<Slot> slots_;
    std::vector<double> values_;        // by slot; NaN: missing
    std::vector<double> surprises_;     // by slot
    std::vector<SeriesNews> news_;      // by slot: what each tells the host
    std::vector<std::uint32_t> order_;  // scratch: the odd ones
    HostModel host_;
    NoiseBudget budget_;
    LearningHolds holds_;
    double series_flag_ = 0;  // for this window
    double host_flag_ = 0;
    std::size_t watched_ = 0;  // series judged in the last window
    Instant last_closed_;
    Instant last_odd_;
    bool was_odd_ = false;  // ... at all
    double host_surprise_ = 0;
    bool host_odd_ = false;
    Instant host_odd_since_;
    const ModelBank* bank_ = nullptr;
    std::uint64_t models_taken_ = 0;
    std::int64_t window_ = 0;
    bool started_ = false;
};

}  // namespace homeostat
