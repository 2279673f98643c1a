#include "detectors/host_model.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>

namespace homeostat {
namespace {

constexpr std::size_t kLeading = 3;
constexpr double kSmoothSeconds = 300;

// Mean of the largest log2(1 + surprise); fewer series than kLeading share what there is.
double joint_surprise(std::span<const double> surprises) {
    std::array<double, kLeading> top{};
    for (const double surprise : surprises) {
        double rest = surprise;
        for (double& place : top) {
            if (rest > place) std::swap(rest, place);
        }
    }
    double sum = 0;
    for (const double surprise : top) sum += std::log2(1 + surprise);
    return sum / static_cast<double>(std::clamp<std::size_t>(surprises.size(), 1, kLeading));
}

}  // namespace

HostModel::HostModel(std::size_t series_max) {
    surprises_.reserve(series_max);
    order_.reserve(series_max);
}

double HostModel::observe(double seconds, std::span<const double> surprises) {
    assert(surprises.size() <= surprises_.capacity());
    surprises_.assign(surprises.begin(), surprises.end());
    const double now = joint_surprise(surprises);
    const double elapsed = started_ ? std::max(seconds - last_seconds_, 0.0) : 0;
    started_ = true;
    last_seconds_ = seconds;
    smooth_ += (1 - std::exp(-elapsed / kSmoothSeconds)) * (now - smooth_);
    return smooth_;
}

std::span<const std::uint32_t> HostModel::blamed(std::size_t count) {
    order_.resize(surprises_.size());
    std::iota(order_.begin(), order_.end(), 0U);
    const std::size_t wanted = std::min(count, order_.size());
    std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(wanted),
                      order_.end(), [this](std::uint32_t a, std::uint32_t b) {
                          if (surprises_[a] != surprises_[b]) return surprises_[a] > surprises_[b];
                          return a < b;
                      });
    return {order_.data(), wanted};
}

}  // namespace homeostat
