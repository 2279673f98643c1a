#include "detectors/host_model.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace homeostat {
namespace {

constexpr std::size_t kLeading = 3;
constexpr double kLastingSeconds = 300;
constexpr double kLastingWeight = 1.3;  // minutes of oddity count for more than one odd minute
constexpr double kRelatedWeight = 0.7;
constexpr double kLastingShare = 0.5;   // of a series' lasting surprise, beside that of its row
constexpr double kBlameMin = 0.01;      // octaves: below, nothing speaks against a series
constexpr double kRelationBlame = 0.5;  // a broken relation names its members less surely

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
    : relations_(series_max), own_(series_max), recent_(series_max), blame_(series_max) {
    order_.reserve(series_max);
}

double HostModel::observe(double seconds, std::span<const double> values,
                          std::span<const double> surprises, std::span<const double> lasting) {
    assert(surprises.size() == blame_.size() && lasting.size() == blame_.size());
    const double elapsed = started_ ? std::max(seconds - last_seconds_, 0.0) : 0;
    const double weight = 1 - std::exp(-elapsed / kLastingSeconds);
    started_ = true;
    last_seconds_ = seconds;
    auto broken = relations_.observe(seconds, values);
    for (std::size_t i = 0; i < blame_.size(); ++i) {
        own_[i] = octaves(std::max(surprises[i], kLastingShare * lasting[i]));
        broken[i] = broken[i] > 0 ? octaves(broken[i]) : 0;
        const double leaning = octaves(std::max(surprises[i], lasting[i]));
        const double against = leaning + kRelationBlame * broken[i];
        recent_[i] += weight * (against - recent_[i]);
        blame_[i] = own_[i] + kRelationBlame * broken[i] + recent_[i];
    }
    const double now = joint(own_);
    lasting_ += weight * (now - lasting_);
    related_ += weight * (joint(broken) - related_);
    return std::max(now, kLastingWeight * lasting_) + kRelatedWeight * related_;
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
    return relations_.memory_bytes() +
           (own_.capacity() + recent_.capacity() + blame_.capacity()) * sizeof(double) +
           order_.capacity() * sizeof(std::uint32_t);
}

}  // namespace homeostat
