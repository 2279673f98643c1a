#include "detectors/shape_memory.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace homeostat {
namespace {

constexpr double kLevels = 255;
constexpr double kKnownDistance = 0.1;  // of the range: nearer is the same shape
constexpr double kLearnShare = 0.1;     // of the way to a shape that was met again

}  // namespace

double ShapeMemory::observe(double value) {
    const auto now = static_cast<float>(value);
    if (!started_) low_ = high_ = now;
    started_ = true;
    low_ = std::min(low_, now);
    high_ = std::max(high_, now);
    sum_ += now;
    if (++rows_ < rows_per_point_) return oddness_;
    std::copy(points_.begin() + 1, points_.end(), points_.begin());
    points_.back() = sum_ / static_cast<float>(rows_per_point_);
    sum_ = 0;
    rows_ = 0;
    if (filled_ < kPoints && ++filled_ < kPoints) return 0;
    oddness_ = static_cast<float>(compare_and_learn(picture()));
    return oddness_;
}

ShapeMemory::Shape ShapeMemory::picture() const {
    const double range = static_cast<double>(high_) - low_;
    Shape shape{};
    for (std::size_t i = 0; i < kPoints; ++i) {
        const double share = range > 0 ? (static_cast<double>(points_[i]) - low_) / range : 0.5;
        shape[i] = static_cast<std::uint8_t>(std::lround(kLevels * std::clamp(share, 0.0, 1.0)));
    }
    return shape;
}

double ShapeMemory::compare_and_learn(const Shape& now) {
    std::size_t nearest = 0;
    std::size_t oldest = 0;
    int least = std::numeric_limits<int>::max();
    for (std::size_t i = 0; i < kShapes; ++i) {
        if (used_at_[i] < used_at_[oldest]) oldest = i;
        if (used_at_[i] == 0) continue;
        int squares = 0;
        for (std::size_t k = 0; k < kPoints; ++k) {
            const int difference = int{now[k]} - int{shapes_[i][k]};
            squares += difference * difference;
        }
        if (squares < least) {
            least = squares;
            nearest = i;
        }
    }
    const bool empty = least == std::numeric_limits<int>::max();
    const double distance = empty ? 0 : std::sqrt(double(least) / kPoints) / kLevels;
    if (empty || distance > kKnownDistance) {
        shapes_[oldest] = now;
        touch(oldest);
        return distance;
    }
    for (std::size_t k = 0; k < kPoints; ++k) {
        const double old = shapes_[nearest][k];
        shapes_[nearest][k] =
            static_cast<std::uint8_t>(std::lround(old + kLearnShare * (now[k] - old)));
    }
    touch(nearest);
    return distance;
}

void ShapeMemory::touch(std::size_t shape) {
    if (clock_ == std::numeric_limits<std::uint16_t>::max()) {
        for (std::uint16_t& at : used_at_) at = static_cast<std::uint16_t>((at + 1) / 2);
        clock_ /= 2;
    }
    used_at_[shape] = ++clock_;
}

}  // namespace homeostat
