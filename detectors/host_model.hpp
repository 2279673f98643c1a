// HostModel puts the series of one host together: is the host odd, and which series are to blame.
//
// One odd series of forty is an ordinary minute; three at once are news. What speaks against a
// host's row is the mean of the three largest log2(1 + surprise) over its series: a logarithm,
// because a series a thousand times beyond its bounds says little more than one ten times beyond.
// Four such numbers add up:
//   own       the series' own surprises, now or lasting for minutes, whichever is larger
//   company   how far the series left each other's company in this minute (RelationModel)
//   drift     the same in orders of magnitude over a quarter of an hour, beyond what has been so
//             for half a day: machines are rebuilt, and then other company is the usual one
//   whole     the distance of the row as a whole from every row before
// A series is to blame for what it does now and for what it did in the last minutes: the first
// names the spike, the second the fault that goes on while others twitch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "detectors/relation_model.hpp"

namespace homeostat {

class HostModel {
public:
    // Allocates what it needs for so many series now.
    explicit HostModel(std::size_t series_max);

    // One row: the values of all series (NaN for a missing one), and their own surprise and
    // lasting surprise (0 for a missing one). Returns the host's surprise. `learns`: false while
    // the host is known to be wrong: its relations stand still.
    // REQUIRES: all three have series_max entries.
    double observe(double seconds, std::span<const double> values,
                   std::span<const double> surprises, std::span<const double> lasting,
                   bool learns = true);

    // Another series takes this place: what was known of the old one is forgotten.
    // REQUIRES: series < series_max.
    void begin_series(std::size_t series);

    // The series of the last row, the most to blame first; at most `count`. Those that nothing
    // speaks against are left out.
    [[nodiscard]] std::span<const std::uint32_t> blamed(std::size_t count);

    [[nodiscard]] std::size_t memory_bytes() const;

private:
    void judge_series(std::span<const double> surprises, std::span<const double> lasting,
                      double weight, double elapsed);

    RelationModel company_;
    RelationModel magnitudes_;
    std::vector<double> own_;     // log2(1 + surprise) of the series
    std::vector<double> left_;    // ... of its distance from the others' company
    std::vector<double> drift_;   // ... the lasting one, beyond the usual
    std::vector<double> usual_;   // ... the usual: the mean of half a day
    std::vector<double> recent_;  // the mean of the last minutes of what speaks against a series
    std::vector<double> blame_;
    std::vector<std::uint32_t> order_;
    double lasting_ = 0;
    double left_company_ = 0;
    double drifted_ = 0;
    double last_seconds_ = 0;
    bool started_ = false;
};

}  // namespace homeostat
