// ShapeMemory says how unlike everything it remembers the newest stretch of a series looks.
//
// A codebook of short coarse pictures, each 8 points of 8 bits, scaled by the range seen so far.
// The distance to the nearest picture is the oddness of the newest one; then the nearest moves
// towards it, or, if none is near, the one not used for longest gives its place. It sees what
// levels and seasons cannot: a flat middle in a daily curve, a missing peak.
// After the adaptive-resonance detectors (ART; ARTime in the Numenta benchmark), without their
// knowledge of the file's length and range.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace homeostat {

class ShapeMemory {
public:
    // `rows_per_point`: how many rows are averaged to one point of a picture.
    explicit ShapeMemory(std::uint8_t rows_per_point) : rows_per_point_(rows_per_point) {}

    // The oddness of the newest complete picture, from 0 (known) to about 1; 0 while learning.
    // REQUIRES: value is finite and at most 1e30 in size.
    double observe(double value);

private:
    static constexpr std::size_t kPoints = 8;
    static constexpr std::size_t kShapes = 24;
    using Shape = std::array<std::uint8_t, kPoints>;

    [[nodiscard]] Shape picture() const;
    double compare_and_learn(const Shape& now);
    void touch(std::size_t shape);

    std::array<Shape, kShapes> shapes_{};
    std::array<std::uint16_t, kShapes> used_at_{};  // 0: free
    std::array<float, kPoints> points_{};           // the newest last
    float sum_ = 0;
    float low_ = 0;
    float high_ = 0;
    float oddness_ = 0;
    std::uint16_t clock_ = 0;
    std::uint8_t rows_per_point_;
    std::uint8_t rows_ = 0;    // in the open point
    std::uint8_t filled_ = 0;  // points
    bool started_ = false;
};

}  // namespace homeostat
