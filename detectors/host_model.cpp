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
constexpr double kRelationBlame = 0.5;  // a broken relation names its members less surely

// Mean of the largest log2(1 + surprise); fewer series than kLeading share what there is.
double joint(std::span<const double> surprises) {
    std::array<double, kLeading> top{};
    for (double rest : surprises) {
        for (double& place : top) {
            if (rest > place) std::swap(rest, place);
        }
    }
    double sum = 0;
    for (const double surprise : top) sum += std::log2(1 + surprise);
    return sum / static_cast<double>(std::clamp<std::size_t>(surprises.size(), 1, kLeading));
}

}  // namespace

HostModel::HostModel(std::size_t series_max) : relations_(series_max), blame_(series_max) {
    order_.reserve(series_max);
}

double HostModel::observe(double seconds, std::span<const double> values,
                          std::span<const double> surprises) {
    assert(surprises.size() == blame_.size());
    const auto broken = relations_.observe(seconds, values);
    for (std::size_t i = 0; i < blame_.size(); ++i) {
        blame_[i] = std::max(surprises[i], kRelationBlame * broken[i]);
    }
    const double now = joint(surprises);
    const double elapsed = started_ ? std::max(seconds - last_seconds_, 0.0) : 0;
    const double weight = 1 - std::exp(-elapsed / kLastingSeconds);
    started_ = true;
    last_seconds_ = seconds;
    lasting_ += weight * (now - lasting_);
    related_ += weight * (joint(broken) - related_);
    return std::max(now, kLastingWeight * lasting_) + kRelatedWeight * related_;
}

std::span<const std::uint32_t> HostModel::blamed(std::size_t count) {
    order_.clear();
    for (std::uint32_t i = 0; i < blame_.size(); ++i) {
        if (blame_[i] > 0) order_.push_back(i);
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
    return relations_.memory_bytes() + blame_.capacity() * sizeof(double) +
           order_.capacity() * sizeof(std::uint32_t);
}

}  // namespace homeostat
