// BlockMaxima calibrates a score on the series' own history, in the unit that a person feels:
// incidents per time, not odd rows per row.
//
// The largest score of each hour goes into a decaying histogram of half-octave bins. What a usual
// hour and a bad hour reach (its median and its upper fifth) is known after a few days and is
// hardly moved by the anomalies themselves, even on series that are odd for a tenth of their life.
// The level from which an hour counts as an event is extrapolated from these two on a log scale.
// (Block maxima are the classical way to tails, here without a parametric tail: that degenerates
// on ties and never un-learns a wrong start.)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace homeostat {

class BlockMaxima {
public:
    // A prior of a few quiet hours: young series are not judged by their first one.
    BlockMaxima();

    // `seconds` from any fixed origin. A step back closes the block.
    void observe(double seconds, double score);

    // The score from which on an hour is an event for this series.
    [[nodiscard]] double level() const { return level_; }

    // How rare this score is here, in bits: -log2 of the share of hours that reached as much. One
    // bit is every second hour, ten bits once in six weeks. Bits of several features add up.
    [[nodiscard]] double rarity_bits(double score) const;

    // False for bytes that no history leads to.
    [[nodiscard]] bool is_sound() const;

private:
    static constexpr std::size_t kBins = 38;

    void close_block();
    [[nodiscard]] double quantile(double share) const;

    double block_start_ = 0;
    std::array<std::uint16_t, kBins> counts_{};  // in quarters, so that halving keeps single hours
    std::uint16_t total_ = 0;
    bool open_ = false;  // the block has rows
    float block_max_ = 0;
    float level_ = 1;
};

}  // namespace homeostat
