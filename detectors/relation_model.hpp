// RelationModel knows how the vital signs of one host usually move together.
//
// Bytes in, packets in and segments in rise and fall as one; load follows CPU. When one leaves its
// company, something is wrong, though each value alone may be an ordinary one. A running
// covariance of the members is kept for weeks; from its inverse follows, for each member, what the
// others say it should be (its conditional mean) and how well they know it. The distance from that,
// in multiples of its own robust scale and of what it reaches in a bad hour, is the member's
// surprise. Members that the others cannot tell much about are left out.
//
// Memory is fixed: about 8 bytes times three times the square of the members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "detectors/block_maxima.hpp"
#include "detectors/robust_scale.hpp"

namespace homeostat {

class RelationModel {
public:
    // More members are not related to each other: the first ones are, the rest is left out.
    static constexpr std::size_t kMembersMax = 64;

    explicit RelationModel(std::size_t members);

    // One row of values, NaN for a missing one; members beyond the first kMembersMax are ignored.
    // Returns the surprise of each member, valid until the next call; the caller may change it.
    // REQUIRES: values.size() is what the constructor was told.
    std::span<double> observe(double seconds, std::span<const double> values);

    [[nodiscard]] std::size_t memory_bytes() const;

private:
    struct Member {
        double mean = 0;
        double variance = 0;
        bool seen = false;
        RobustScale scale;
        BlockMaxima calibration;
    };

    void measure_step(double seconds);
    void standardise(std::span<const double> values, double rows);
    void learn_covariance(double rows);
    void invert();
    void judge(double seconds, double rows);
    double& at(std::vector<double>& matrix, std::size_t row, std::size_t column) const {
        return matrix[row * members_.size() + column];
    }

    std::vector<Member> members_;
    std::vector<double> standard_;    // the row, standardised
    std::vector<double> covariance_;  // of standard_, lower triangle
    std::vector<double> factor_;      // Cholesky factor of the correlation, lower triangle
    std::vector<double> inverse_;     // of the correlation
    std::vector<double> column_;      // scratch
    std::vector<double> surprises_;
    double step_seconds_ = 0;
    double last_seconds_ = 0;
    double next_inversion_ = 0;
    std::uint64_t rows_ = 0;
    bool inverted_ = false;
};

}  // namespace homeostat
