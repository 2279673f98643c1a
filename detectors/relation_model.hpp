// RelationModel knows how the vital signs of one host usually move together.
//
// Bytes in, packets in and segments in rise and fall as one; load follows CPU. When one leaves its
// company, something is wrong, though each value alone may be an ordinary one. A running
// covariance of the members is kept for weeks; from its inverse follows, for each member, what the
// others say it should be (its conditional mean) and how well they know it. The distance from that,
// in multiples of its own robust scale and of what it reaches in a bad hour, is the member's
// surprise. Members that the others cannot tell much about are left out. The distance of the whole
// row (P. C. Mahalanobis, 1936), in multiples of what it reaches in a bad hour, is the row's.
//
// One host is looked at in two ways (RelationView): the values as they are, each row by itself; and
// their logarithms, a quarter of an hour together, which see that a half or a tenth is missing.
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

struct RelationView {
    bool logarithmic = false;  // relate orders of magnitude instead of values
    double mean_seconds = 0;   // distances are averaged over this; 0: each row by itself
    double known_share = 0.5;  // of a member's variance that the others must explain
};

class RelationModel {
public:
    // More members are not related to each other: the first ones are, the rest is left out.
    static constexpr std::size_t kMembersMax = 64;

    explicit RelationModel(std::size_t members, const RelationView& view = {});

    // One row of values, NaN for a missing one; members beyond the first kMembersMax are ignored.
    // Returns the surprise of each member, valid until the next call; the caller may change it.
    // `learns`: false for a row that is known to be wrong: it is judged and forgotten.
    // REQUIRES: as many values as there are members so far: no fewer than before, no more than the
    // constructor was told, and the first kMembersMax of these in any case.
    std::span<double> observe(double seconds, std::span<const double> values, bool learns = true);

    // Another series takes this place: its relations are learned anew.
    void begin_member(std::size_t member);

    // Of the last row as a whole: 1 is what it reaches in a bad hour.
    [[nodiscard]] double row_surprise() const { return row_surprise_; }

    [[nodiscard]] std::size_t memory_bytes() const;

private:
    struct Member {
        double mean = 0;
        double variance = 0;
        double size = 0;      // mean of |value|
        double distance = 0;  // mean of the last ones
        std::uint64_t rows = 0;
        RobustScale scale;
        BlockMaxima calibration;
    };

    double measure_step(double seconds);
    [[nodiscard]] double viewed(Member& member, double value, double rows, bool learns) const;
    void standardise(std::span<const double> values, double rows_max, bool learns);
    void learn_covariance(double rows);
    void invert();
    void judge(double seconds, double elapsed, double rows, bool learns);
    void judge_member(std::size_t index, double seconds, double residual, double known, double rows,
                      bool learns);
    double& at(std::vector<double>& matrix, std::size_t row, std::size_t column) const {
        return matrix[row * members_.size() + column];
    }

    RelationView view_;
    std::vector<Member> members_;
    BlockMaxima row_calibration_;
    double row_surprise_ = 0;
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
