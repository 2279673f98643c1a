// HostModel puts the series of one host together: is the host odd, and which series are to blame.
//
// One odd series of forty is an ordinary minute; three at once are news. The surprise of the host
// is the mean of the three largest log2(1 + surprise) over its series: a logarithm, because a
// series that is a thousand times beyond its bounds says little more than one that is ten times.
// Blame is the order of the series by their own surprise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace homeostat {

class HostModel {
public:
    // Allocates what it needs for so many series now.
    explicit HostModel(std::size_t series_max);

    // One row: the surprises of all series, 0 for a missing value. Returns the host's surprise, 1
    // and more for what should be told. REQUIRES: surprises.size() <= series_max.
    double observe(double seconds, std::span<const double> surprises);

    // The series of the last row, the most surprising first; at most `count`.
    [[nodiscard]] std::span<const std::uint32_t> blamed(std::size_t count);

private:
    std::vector<double> surprises_;
    std::vector<std::uint32_t> order_;
    double smooth_ = 0;
    double last_seconds_ = 0;
    bool started_ = false;
};

}  // namespace homeostat
