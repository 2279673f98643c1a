#include "detectors/onset.hpp"

#include <algorithm>
#include <cmath>

#include "detectors/ingredients.hpp"

namespace homeostat {
namespace {

constexpr double kFadeRows = 300;
constexpr double kClearlyAbove = 1.2;
constexpr std::uint32_t kToldRows = 32;
constexpr double kHeldBack = 0.001;  // keeps the order of rows that are not onsets
constexpr double kAfterglow = 0.65;
constexpr double kWorthBits = 12;     // three bits in each of the four views
constexpr double kCoarseShare = 0.6;  // of a view
constexpr double kViews = 3 + kCoarseShare;
constexpr double kPower = 1.15;    // above 1: being sure in one view beats guessing in many
constexpr double kShapeUnit = 10;  // brings shape distances into the range of the histogram
constexpr std::uint32_t kShapeRowsMin = 200;  // a codebook needs to have seen something

}  // namespace

double OnsetFilter::observe(double strength) {
    held_ *= static_cast<float>(std::exp(-1 / kFadeRows));
    const bool begins = told_ == 0 && strength > kClearlyAbove * double{held_};
    const double onset = begins ? strength : kHeldBack * strength;
    if (told_ > 0) --told_;
    if (begins && strength >= worth_) told_ = kToldRows;
    held_ = std::max(held_, static_cast<float>(strength));
    return onset;
}

double Afterglow::observe(double surprise) {
    last_ = std::max(surprise, uses(Ingredient::Afterglow) ? kAfterglow * last_ : 0);
    return last_;
}

OnsetModel::OnsetModel() : filter_(kWorthBits) {}

double OnsetModel::observe(double local_seconds, double value, const SeriesVerdict& verdict) {
    if (!std::isfinite(value) || !std::isfinite(local_seconds)) return 0;
    double views = 0;
    const auto add = [&](BlockMaxima& history, double score, double share = 1) {
        views += share * std::pow(history.rarity_bits(score), kPower);
        history.observe(local_seconds, score);
    };
    if (verdict.judged) {
        add(step_history_, verdict.step_score);
        add(long_history_, verdict.long_score);
    }
    const double limited = std::clamp(value, -SeriesModel::kValueMax, SeriesModel::kValueMax);
    const double fine = kShapeUnit * fine_.observe(limited);
    const double coarse = kShapeUnit * coarse_.observe(limited);
    if (rows_ >= kShapeRowsMin && uses(Ingredient::Shapes)) {
        add(fine_history_, fine);
        add(coarse_history_, coarse, kCoarseShare);
    } else {
        ++rows_;
    }
    // What the four views have when they are alike, all together.
    const double bits = 4 * std::pow(views / kViews, 1 / kPower);
    return 1 - std::exp2(-filter_.observe(bits) / kWorthBits);
}

double host_onset(OnsetFilter& filter, double surprise) {
    return score_of(filter.observe(surprise));
}

}  // namespace homeostat
