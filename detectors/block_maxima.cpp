#include "detectors/block_maxima.hpp"

#include <algorithm>
#include <cmath>

namespace homeostat {
namespace {

constexpr double kBlockSeconds = 3600;
constexpr double kBinsPerOctave = 2;
constexpr int kBinOfOne = 16;  // the bin that begins at 1: reaches from 2^-8 to 2^11
constexpr std::uint32_t kUnit = 4;
constexpr std::uint32_t kTotalMax = 2160 * kUnit;  // ninety days of hours, then halved
constexpr int kPriorFirst = 9;                     // scores around 0.1 to 0.5
constexpr int kPriorBins = 5;
constexpr std::uint16_t kPriorEach = 4 * kUnit;
constexpr double kUsualShare = 0.5;
constexpr double kBadShare = 0.8;
constexpr double kStretch = 1.5;         // times the way from a usual to a bad hour, in octaves
constexpr double kSpreadMin = 1.148698;  // 0.2 octaves: the least such way

// Where a score falls, in bins, with its fraction. Zero and less is the bottom.
double place_of(double score, std::size_t bins) {
    if (!(score > 0)) return 0;
    const double place = kBinsPerOctave * std::log2(score) + kBinOfOne;
    return std::clamp(place, 0.0, static_cast<double>(bins) - 0.001);
}

double edge(int bin) {
    return std::exp2((bin - kBinOfOne) / kBinsPerOctave);
}

}  // namespace

BlockMaxima::BlockMaxima() {
    for (int i = 0; i < kPriorBins; ++i) {
        counts_[static_cast<std::size_t>(kPriorFirst) + static_cast<std::size_t>(i)] = kPriorEach;
    }
    total_ = kPriorBins * kPriorEach;
}

void BlockMaxima::observe(double seconds, double score) {
    const double age = seconds - block_start_;
    if (open_ && (age >= kBlockSeconds || age < 0)) close_block();
    if (!open_) {
        block_start_ = seconds;
        block_max_ = 0;
    }
    block_max_ = std::max(block_max_, static_cast<float>(score));
    open_ = true;
}

void BlockMaxima::close_block() {
    const auto bin = static_cast<std::size_t>(place_of(block_max_, kBins));
    counts_[bin] = static_cast<std::uint16_t>(counts_[bin] + kUnit);
    total_ = static_cast<std::uint16_t>(total_ + kUnit);
    if (total_ > kTotalMax) {
        total_ = 0;
        for (std::uint16_t& count : counts_) {
            count = static_cast<std::uint16_t>(count / 2);
            total_ = static_cast<std::uint16_t>(total_ + count);
        }
    }
    open_ = false;
    const double usual = quantile(kUsualShare);
    const double bad = quantile(kBadShare);
    level_ = static_cast<float>(usual * std::pow(std::max(bad / usual, kSpreadMin), kStretch));
}

double BlockMaxima::rarity_bits(double score) const {
    const double place = place_of(score, kBins);
    const auto own = static_cast<std::size_t>(place);
    double reached = counts_[own] * (1 - (place - static_cast<double>(own)));
    for (std::size_t bin = own + 1; bin < kBins; ++bin) reached += counts_[bin];
    // Half an hour more: a record has not been seen yet, which does not make it impossible.
    return -std::log2((reached + kUnit / 2.0) / (total_ + double{kUnit}));
}

bool BlockMaxima::is_sound() const {
    std::uint32_t total = 0;
    for (const std::uint16_t count : counts_) total += count;
    return total == total_ && total > 0 && total <= kTotalMax && std::isfinite(block_max_) &&
           std::isfinite(level_) && level_ > 0 && std::isfinite(block_start_);
}

double BlockMaxima::quantile(double share) const {
    const double above = (1 - share) * total_;
    double seen = 0;
    for (int bin = static_cast<int>(kBins) - 1; bin >= 0; --bin) {
        const double count = counts_[static_cast<std::size_t>(bin)];
        if (count > 0 && seen + count >= above) {
            return edge(bin + 1) * std::exp2(-(above - seen) / count / kBinsPerOctave);
        }
        seen += count;
    }
    return edge(0);
}

}  // namespace homeostat
