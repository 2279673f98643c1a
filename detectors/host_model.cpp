#include "detectors/host_model.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "detectors/ingredients.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kLeading = 3;
constexpr double kLastingSeconds = 300;
constexpr double kUsualSeconds = 12 * 3600.0;
constexpr double kDriftSeconds = 900;
constexpr double kDriftKnownShare = 0.9;  // loosely related magnitudes drift apart every day
constexpr double kLastingShare = 0.5;     // of a series' lasting surprise, beside that of its row
constexpr double kBlameMin = 0.01;        // octaves: below, nothing speaks against a series
constexpr double kRelationBlame = 0.5;    // a broken relation names its members less surely

// What each part weighs beside the series' own surprises (scripts/detection_report.sh).
constexpr double kLastingWeight = 1.3;  // minutes of oddity count for more than one odd minute
constexpr double kCompanyWeight = 0.5;
constexpr double kDriftWeight = 0.6;
constexpr double kWholeWeight = 0.5;

double octaves(double surprise) {
    return std::log2(1 + surprise);
}

// Mean of the largest; fewer series than kLeading share what there is.
double joint(std::span<const double> octaves_of_series) {
    std::array<double, kLeading> top{};
    for (double rest : octaves_of_series) {
        for (double& place : top) {
            if (rest > place) std::swap(rest, place);
        }
    }
    double sum = 0;
    for (const double share : top) sum += share;
    const std::size_t count = std::clamp<std::size_t>(octaves_of_series.size(), 1, kLeading);
    return sum / static_cast<double>(count);
}

}  // namespace

HostModel::HostModel(std::size_t series_max)
    : company_(series_max),
      magnitudes_(
          series_max,
          {.logarithmic = true, .mean_seconds = kDriftSeconds, .known_share = kDriftKnownShare}),
      own_(series_max),
      left_(series_max),
      drift_(series_max),
      usual_(series_max),
      recent_(series_max),
      blame_(series_max) {
    order_.reserve(series_max);
}

double HostModel::observe(double seconds, std::span<const double> values,
                          std::span<const double> surprises, std::span<const double> lasting,
                          bool learns) {
    assert(surprises.size() == blame_.size() && lasting.size() == blame_.size());
    const double elapsed = started_ ? std::max(seconds - last_seconds_, 0.0) : 0;
    const double weight = 1 - std::exp(-elapsed / kLastingSeconds);
    started_ = true;
    last_seconds_ = seconds;
    const auto left = company_.observe(seconds, values, learns);
    const auto drift = magnitudes_.observe(seconds, values, learns);
    for (std::size_t i = 0; i < blame_.size(); ++i) {
        left_[i] = octaves(left[i]);
        drift_[i] = octaves(drift[i]);
    }
    judge_series(surprises, lasting, weight, elapsed);
    const double now = joint(own_);
    lasting_ += weight * (now - lasting_);
    left_company_ += weight * (joint(left_) - left_company_);
    drifted_ += weight * (joint(drift_) - drifted_);
    const auto weight_if = [](Ingredient part, double of_part) { return uses(part) ? of_part : 0; };
    return std::max(now, weight_if(Ingredient::Lasting, kLastingWeight) * lasting_) +
           weight_if(Ingredient::Company, kCompanyWeight) * left_company_ +
           weight_if(Ingredient::Drift, kDriftWeight) * drifted_ +
           weight_if(Ingredient::Whole, kWholeWeight) * octaves(company_.row_surprise());
}

// What speaks against each series, and who is to blame for it.
void HostModel::judge_series(std::span<const double> surprises, std::span<const double> lasting,
                             double weight, double elapsed) {
    const double half_day = 1 - std::exp(-elapsed / kUsualSeconds);
    for (std::size_t i = 0; i < blame_.size(); ++i) {
        usual_[i] += half_day * (drift_[i] - usual_[i]);
        drift_[i] = std::max(drift_[i] - usual_[i], 0.0);
        own_[i] = octaves(std::max(surprises[i], kLastingShare * lasting[i]));
        const double leaning = octaves(std::max(surprises[i], lasting[i]));
        const double broken = kRelationBlame * left_[i];
        recent_[i] += weight * (leaning + broken - recent_[i]);
        blame_[i] = own_[i] + broken + recent_[i];
    }
}

void HostModel::begin_series(std::size_t series) {
    assert(series < blame_.size());
    company_.begin_member(series);
    magnitudes_.begin_member(series);
    for (auto* numbers : {&own_, &left_, &drift_, &usual_, &recent_, &blame_}) {
        (*numbers)[series] = 0;
    }
}

std::span<const std::uint32_t> HostModel::blamed(std::size_t count) {
    order_.clear();
    for (std::uint32_t i = 0; i < blame_.size(); ++i) {
        if (blame_[i] >= kBlameMin) order_.push_back(i);
    }
    const std::size_t wanted = std::min(count, order_.size());
    std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(wanted),
                      order_.end(), [this](std::uint32_t a, std::uint32_t b) {
                          if (blame_[a] != blame_[b]) return blame_[a] > blame_[b];
                          return a < b;
                      });
    return {order_.data(), wanted};
}

std::size_t HostModel::memory_bytes() const {
    const std::size_t numbers = own_.capacity() + left_.capacity() + drift_.capacity() +
                                usual_.capacity() + recent_.capacity() + blame_.capacity();
    return company_.memory_bytes() + magnitudes_.memory_bytes() + numbers * sizeof(double) +
           order_.capacity() * sizeof(std::uint32_t);
}

}  // namespace homeostat
