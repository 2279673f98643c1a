#include "detectors/detectors.hpp"

#include "detectors/learned.hpp"
#include "detectors/limits.hpp"

namespace homeostat {

class Detectors::Parts {
public:
    explicit Parts(const DetectorSettings& settings)
        : limits({.series_max = settings.series_max,
                  .conditions_max = settings.conditions_max,
                  .forecasts_max = settings.forecasts_max,
                  .conditions = settings.conditions,
                  .forecast_used_min = settings.forecast_used_min,
                  .forecast_horizon = settings.forecast_horizon}),
          learned(settings.learned ? settings.series_max : 0, settings.noise_per_second),
          utc_offset_seconds(settings.utc_offset_seconds) {
        findings.reserve(settings.findings_max);
    }

    Limits limits;
    Learned learned;
    std::int64_t utc_offset_seconds;
    std::vector<Finding> findings;
    std::uint64_t dropped = 0;
};

Detectors::Detectors(const DetectorSettings& settings)
    : parts_(std::make_unique<Parts>(settings)) {}
Detectors::~Detectors() = default;
Detectors::Detectors(Detectors&&) noexcept = default;
Detectors& Detectors::operator=(Detectors&&) noexcept = default;

std::span<const Finding> Detectors::run(const Samples& samples) {
    Parts& parts = *parts_;
    parts.findings.clear();
    parts.limits.observe(samples);
    parts.learned.observe(samples, parts.utc_offset_seconds);
    parts.dropped += parts.limits.report(samples, parts.findings);
    parts.dropped += parts.learned.report(
        samples, parts.findings,
        [&](const Witness& witness, const Subject& subject) -> std::optional<bool> {
            const auto seen = parts.limits.nearest_signal(samples, witness.metric, subject);
            if (!seen) return std::nullopt;
            return *seen >= witness.limit;
        });
    return parts.findings;
}

void Detectors::teach(SeriesId series, std::span<const PastValue> past) {
    parts_->learned.teach(series, past, parts_->utc_offset_seconds);
}

void Detectors::note(const Event& event) {
    parts_->limits.note(event);
}

void Detectors::set_utc_offset(std::int64_t seconds) {
    parts_->utc_offset_seconds = seconds;
}

void Detectors::set_holds(const LearningHolds& holds) {
    parts_->learned.set_holds(holds);
}

void Detectors::set_bank(const ModelBank* bank) {
    parts_->limits.set_bank(bank);
    parts_->learned.set_bank(bank);
}

void Detectors::save(const SeriesTable& table, FunctionRef<void(const SavedModel&)> take) const {
    parts_->learned.save(table, take);
    parts_->limits.save(table, take);
}

double Detectors::forecast_clock(Instant now) const {
    return parts_->limits.forecast_clock(now);
}

void Detectors::set_forecast_clock(double clock_seconds, Instant now) {
    parts_->limits.set_forecast_clock(clock_seconds, now);
}

std::uint64_t Detectors::models_taken() const {
    return parts_->limits.models_taken() + parts_->learned.models_taken();
}

std::size_t Detectors::memory_bytes() const {
    return sizeof(Parts) + parts_->limits.memory_bytes() + parts_->learned.memory_bytes() +
           parts_->findings.capacity() * sizeof(Finding);
}

LearningProgress Detectors::learning() const {
    LearningProgress progress{.series = parts_->learned.series(),
                              .series_ready = parts_->learned.series_ready(),
                              .series_held = parts_->learned.series_held(),
                              .ready_ratio = 0};
    if (progress.series > 0) {
        progress.ready_ratio =
            static_cast<double>(progress.series_ready) / static_cast<double>(progress.series);
    }
    return progress;
}

std::uint64_t Detectors::findings_dropped() const {
    return parts_->dropped;
}

std::uint64_t Detectors::series_refused() const {
    return parts_->limits.refused();
}

}  // namespace homeostat
