// FlightRecorder keeps the newest minute of every series, so that an incident can show its onset.
//
// Fixed memory: kPoints floats a slot, one point every `step`. Nothing is computed from it; the
// detectors have their own state.
#pragma once

#include "core/incident.hpp"
#include "core/lazy_array.hpp"
#include "core/series.hpp"

namespace homeostat {

class FlightRecorder {
public:
    // Sets aside now: series_max x 140 bytes.
    FlightRecorder(std::size_t series_max, Duration step);

    // Takes each sample whose series is due for a point. Series whose slot was reused start anew.
    void record(const Samples& samples);

    // The newest points of a series, oldest first; empty when there are none.
    [[nodiscard]] Snippet snippet(const SeriesTable& table, std::string_view metric,
                                  const Subject& subject) const;

    [[nodiscard]] std::size_t memory_bytes() const { return tracks_.memory_bytes(); }

private:
    struct Track {
        std::array<float, Snippet::kPoints> values{};
        std::uint32_t generation = 0;
        std::uint16_t count = 0;
        std::uint16_t next = 0;
        Instant last;
    };

    LazyArray<Track> tracks_;
    Duration step_;
};

}  // namespace homeostat
