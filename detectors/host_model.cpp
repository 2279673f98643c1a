#include "detectors/host_model.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>

#include "detectors/ingredients.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kLeading = 3;
constexpr double kLastingSeconds = 300;
constexpr double kBeyondSeconds = 3600;
constexpr double kOutsideSeconds = 3 * 86400.0;
constexpr double kOutsideMultiple = 2;  // of its usual share: less is no news
constexpr double kUsualSeconds = 12 * 3600.0;
constexpr double kDriftSeconds = 900;
constexpr double kDriftKnownShare = 0.9;  // loosely related magnitudes drift apart every day
constexpr double kLastingShare = 0.5;     // of a series' lasting surprise, beside that of its row
constexpr double kLeanMax = 3;            // scales: one series alone does not lean the host
constexpr double kBlameMin = 0.01;        // octaves: below, nothing speaks against a series
constexpr double kRelationBlame = 0.5;    // a broken relation names its members less surely

// What each part weighs beside the series' own surprises (scripts/detection_report.sh).
constexpr double kLastingWeight = 1.3;  // minutes of oddity count for more than one odd minute
constexpr double kRestlessWeight = 0.75;
constexpr double kLeaningWeight = 1;
constexpr double kSlowWeight = 0.3;
constexpr double kBeyondWeight = 0.6;
constexpr double kRelationWeight = 0.6;  // company, drift and whole

double octaves(double surprise) {
    return std::log2(1 + surprise);
}

// The largest of a row's numbers.
template <std::size_t Count = kLeading>
class Largest {
public:
    void add(double number) {
        ++seen_;
        for (double& place : places_) {
            if (number > place) std::swap(number, place);
        }
    }
    // Their mean; fewer numbers share what there is.
    [[nodiscard]] double mean() const { return sum_of(places_) / shared_by(); }
    // The mean of their logarithms.
    [[nodiscard]] double mean_octaves() const {
        std::array<double, Count> logarithms{};
        std::transform(places_.begin(), places_.end(), logarithms.begin(), octaves);
        return sum_of(logarithms) / shared_by();
    }

private:
    static double sum_of(const std::array<double, Count>& numbers) {
        return std::accumulate(numbers.begin(), numbers.end(), 0.0);
    }
    [[nodiscard]] double shared_by() const {
        return static_cast<double>(std::clamp<std::size_t>(seen_, 1, Count));
    }

    std::array<double, Count> places_{};
    std::size_t seen_ = 0;
};

}  // namespace

HostModel::HostModel(std::size_t series_max)
    : series_max_(series_max),
      company_(series_max),
      magnitudes_(
          series_max,
          {.logarithmic = true, .mean_seconds = kDriftSeconds, .known_share = kDriftKnownShare}) {
    each_number([&](std::vector<double>& numbers) { numbers.reserve(series_max); });
    order_.reserve(series_max);
}

double HostModel::observe(double seconds, std::span<const double> values,
                          std::span<const SeriesNews> news, bool learns) {
    assert(values.size() == news.size() && values.size() >= blame_.size());
    assert(values.size() <= series_max_);
    // Within what is reserved, and so not touched before there are so many series.
    each_number([&](std::vector<double>& numbers) { numbers.resize(values.size()); });
    if (!std::isfinite(seconds)) seconds = last_seconds_;  // no time has passed
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
    const double now = judge_series(news, weight, elapsed);
    lasting_ += weight * (now - lasting_);
    const auto weight_if = [](Ingredient part, double of_part) { return uses(part) ? of_part : 0; };
    return std::max(now, weight_if(Ingredient::Lasting, kLastingWeight) * lasting_) +
           weight_if(Ingredient::Restless, kRestlessWeight) * restless_ +
           weight_if(Ingredient::Leaning, kLeaningWeight) * std::fabs(leaning_) +
           weight_if(Ingredient::Slow, kSlowWeight) * slow_ +
           weight_if(Ingredient::Beyond, kBeyondWeight) * beyond_range_ +
           weight_if(Ingredient::Company, kRelationWeight) * left_company_ +
           weight_if(Ingredient::Drift, kRelationWeight) * drifted_ +
           weight_if(Ingredient::Whole, kRelationWeight) * octaves(company_.row_surprise());
}

// What speaks against each series, who is to blame for it, and what they say together. Returns how
// odd the series are by themselves.
double HostModel::judge_series(std::span<const SeriesNews> news, double weight, double elapsed) {
    const double half_day = 1 - std::exp(-elapsed / kUsualSeconds);
    const double hour = 1 - std::exp(-elapsed / kBeyondSeconds);
    const double days = 1 - std::exp(-elapsed / kOutsideSeconds);
    Largest own;
    Largest restless;
    Largest slow;
    Largest<2> beyond;
    Largest left;
    Largest drifted;
    double lean = 0;
    std::size_t heard = 0;
    for (std::size_t i = 0; i < blame_.size(); ++i) {
        usual_[i] += half_day * (drift_[i] - usual_[i]);
        drift_[i] = std::max(drift_[i] - usual_[i], 0.0);
        const double outside = news[i].beyond_range ? 1 : 0;
        beyond_[i] += hour * (outside - beyond_[i]);
        outside_[i] += days * (outside - outside_[i]);
        own_[i] = octaves(std::max(news[i].surprise, kLastingShare * news[i].lasting));
        const double leaning = octaves(std::max(news[i].surprise, news[i].lasting));
        const double broken = kRelationBlame * left_[i];
        recent_[i] += weight * (leaning + broken - recent_[i]);
        blame_[i] = own_[i] + broken + recent_[i];
        own.add(own_[i]);
        restless.add(news[i].step);
        slow.add(news[i].lasting);
        beyond.add(beyond_[i] - kOutsideMultiple * outside_[i]);
        left.add(left_[i]);
        drifted.add(drift_[i]);
        lean += std::clamp(news[i].lean, -kLeanMax, kLeanMax);
        if (news[i].judged) ++heard;
    }
    const double judged = static_cast<double>(std::max<std::size_t>(heard, 1));
    restless_ += weight * (restless.mean_octaves() - restless_);
    leaning_ += weight * (lean / judged - leaning_);
    left_company_ += weight * (left.mean() - left_company_);
    drifted_ += weight * (drifted.mean() - drifted_);
    slow_ = slow.mean_octaves();
    beyond_range_ = beyond.mean();
    return own.mean();
}

void HostModel::begin_series(std::size_t series) {
    assert(series < series_max_);
    company_.begin_member(series);
    magnitudes_.begin_member(series);
    if (series >= blame_.size()) return;
    each_number([&](std::vector<double>& numbers) { numbers[series] = 0; });
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
                                usual_.capacity() + beyond_.capacity() + outside_.capacity() +
                                recent_.capacity() + blame_.capacity();
    return company_.memory_bytes() + magnitudes_.memory_bytes() + numbers * sizeof(double) +
           order_.capacity() * sizeof(std::uint32_t);
}

}  // namespace homeostat
