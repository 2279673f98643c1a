// HostModel puts the series of one host together: is the host odd, and which series are to blame.
//
// One odd series of forty is an ordinary minute; three at once are news. What speaks against a
// host's row is the mean of the three largest log2(1 + surprise) over its series: a logarithm,
// because a series a thousand times beyond its bounds says little more than one ten times beyond.
// Such numbers add up:
//   own       the series' own surprises, now or lasting for minutes, whichever is larger
//   restless  what the last minutes did not promise, alone: slow questions must not drown it
//   slow      the series' quarter-hour shifts, alone
//   leaning   all series together lie above what they should be, or all below: the mean, not the
//             largest
//   beyond    how much of the last hour two series have been outside the range of two weeks, beyond
//             what has been so for three days: some grow all their life
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
#include "detectors/series_news.hpp"

namespace homeostat {

class HostModel {
public:
    // Allocates what it needs for so many series now.
    explicit HostModel(std::size_t series_max);

    // One row: the values of all series (NaN for a missing one), and what each tells of itself.
    // Returns the host's surprise. `learns`: false while the host is known to be wrong: its
    // relations stand still. A time that is not finite is the last one again.
    // REQUIRES: both have an entry for each series so far: no fewer than before, at most
    // series_max, and the first RelationModel::kMembersMax of these in any case.
    double observe(double seconds, std::span<const double> values, std::span<const SeriesNews> news,
                   bool learns = true);

    // Another series takes this place: what was known of the old one is forgotten.
    // REQUIRES: series < series_max.
    void begin_series(std::size_t series);

    // The series of the last row, the most to blame first; at most `count`. Those that nothing
    // speaks against are left out.
    [[nodiscard]] std::span<const std::uint32_t> blamed(std::size_t count);

    [[nodiscard]] std::size_t memory_bytes() const;

private:
    double judge_series(std::span<const SeriesNews> news, double weight, double elapsed);
    template <typename Visit>
    void each_number(Visit visit) {
        for (auto* numbers :
             {&own_, &left_, &drift_, &usual_, &beyond_, &outside_, &recent_, &blame_}) {
            visit(*numbers);
        }
    }

    std::size_t series_max_;
    RelationModel company_;
    RelationModel magnitudes_;
    std::vector<double> own_;      // log2(1 + surprise) of the series
    std::vector<double> left_;     // ... of its distance from the others' company
    std::vector<double> drift_;    // ... the lasting one, beyond the usual
    std::vector<double> usual_;    // ... the usual: the mean of half a day
    std::vector<double> beyond_;   // share of the last hour outside the range of two weeks
    std::vector<double> outside_;  // ... of the last three days
    std::vector<double> recent_;   // the mean of the last minutes of what speaks against a series
    std::vector<double> blame_;
    std::vector<std::uint32_t> order_;
    double lasting_ = 0;
    double restless_ = 0;
    double leaning_ = 0;
    double slow_ = 0;
    double beyond_range_ = 0;
    double left_company_ = 0;
    double drifted_ = 0;
    double last_seconds_ = 0;
    bool started_ = false;
};

}  // namespace homeostat
