#include "agent/incidents/flight_recorder.hpp"

namespace homeostat {

FlightRecorder::FlightRecorder(std::size_t series_max, Duration step)
    : tracks_(series_max), step_(step) {}

void FlightRecorder::record(const Samples& samples) {
    for (const Sample& sample : samples.all()) {
        if (sample.series.slot >= tracks_.max()) continue;
        Track& track = tracks_.touch(sample.series.slot);
        if (track.generation != sample.series.generation) {
            track.generation = sample.series.generation;
            track.count = 0;
            track.next = 0;
        } else if (track.count > 0 && samples.at() - track.last < step_) {
            continue;
        }
        track.values[track.next] = static_cast<float>(sample.value);
        track.next = static_cast<std::uint16_t>((track.next + 1) % Snippet::kPoints);
        if (track.count < Snippet::kPoints) ++track.count;
        track.last = samples.at();
    }
}

Snippet FlightRecorder::snippet(const SeriesTable& table, std::string_view metric,
                                const Subject& subject) const {
    Snippet snippet;
    const auto series = table.find(metric, subject);
    if (!series || series->slot >= tracks_.size()) return snippet;
    const Track& track = tracks_[series->slot];
    if (track.generation != series->generation) return snippet;
    snippet.metric.assign(metric);
    snippet.step_seconds = step_.seconds();
    const std::size_t first = track.count < Snippet::kPoints ? 0 : track.next;
    for (std::size_t i = 0; i < track.count; ++i) {
        if (!snippet.values.push(track.values[(first + i) % Snippet::kPoints])) break;
    }
    return snippet;
}

}  // namespace homeostat
