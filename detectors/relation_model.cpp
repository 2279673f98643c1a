#include "detectors/relation_model.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace homeostat {
namespace {

constexpr double kMemorySeconds = 40 * 86400.0;
constexpr double kInversionSeconds = 3600;
constexpr std::uint64_t kRowsToSettle = 20;   // deviations of fewer rows are wild
constexpr std::uint64_t kRowsToRelate = 200;  // a covariance of fewer rows is noise
constexpr std::uint64_t kRowsToScale = 400;   // ... and so are its residuals' scales
constexpr std::uint64_t kRowsToJudge = 600;
constexpr double kShrink = 1e-4;      // towards no relation: keeps the inverse finite
constexpr double kPivotMin = 1e-4;    // members that are copies of each other
constexpr double kKnownShare = 0.9;   // of a member's variance that the others must explain
constexpr double kScaleMin = 0.05;    // standard deviations
constexpr double kMultiple = 5;       // scales at which a residual begins to be odd
constexpr double kLevelMin = 0.5;     // least calibration level
constexpr double kStandardMax = 1e3;  // standard deviations: more says no more
constexpr double kVarianceMin = 1e-6;
constexpr double kRelativeNoise = 1e-4;  // of the mean: a member steadier than this is constant
constexpr double kAbsoluteNoise = 1e-9;

}  // namespace

RelationModel::RelationModel(std::size_t members)
    : members_(std::min(members, kMembersMax)),
      standard_(members_.size()),
      covariance_(members_.size() * members_.size()),
      factor_(covariance_.size()),
      inverse_(covariance_.size()),
      column_(members_.size()),
      surprises_(members) {
    for (std::size_t i = 0; i < members_.size(); ++i) at(covariance_, i, i) = 1;
}

std::span<double> RelationModel::observe(double seconds, std::span<const double> values) {
    assert(values.size() == surprises_.size());
    measure_step(seconds);
    ++rows_;
    const double rows_max = std::max(kMemorySeconds / step_seconds_, 2.0);
    const double rows = std::min(static_cast<double>(rows_), rows_max);
    standardise(values.first(members_.size()), rows);
    if (inverted_) judge(seconds, rows);
    if (rows_ > kRowsToSettle) learn_covariance(rows - kRowsToSettle);
    if (rows_ >= kRowsToRelate && (seconds >= next_inversion_ || !inverted_)) {
        invert();
        next_inversion_ = seconds + kInversionSeconds;
    }
    return surprises_;
}

// The usual step between rows, which gaps and steps back do not teach.
void RelationModel::measure_step(double seconds) {
    constexpr double kFirstStep = 60;
    constexpr double kLearnShare = 0.1;
    const double elapsed = seconds - last_seconds_;
    if (rows_ == 0) {
        step_seconds_ = kFirstStep;
    } else if (rows_ == 1 && elapsed > 0) {
        step_seconds_ = elapsed;
    } else if (elapsed > 0 && elapsed < 1.5 * step_seconds_) {
        step_seconds_ += kLearnShare * (elapsed - step_seconds_);
    }
    if (elapsed < 0) next_inversion_ = seconds;
    last_seconds_ = seconds;
}

void RelationModel::standardise(std::span<const double> values, double rows) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
        Member& member = members_[i];
        standard_[i] = 0;
        if (!std::isfinite(values[i])) continue;
        const double value = std::clamp(values[i], -1e30, 1e30);
        if (!member.seen) member.mean = value;
        member.seen = true;
        const double residual = value - member.mean;
        const double noise = kRelativeNoise * std::fabs(member.mean) + kAbsoluteNoise;
        const double deviation = std::max(std::sqrt(member.variance), noise);
        standard_[i] = std::clamp(residual / deviation, -kStandardMax, kStandardMax);
        member.mean += residual / rows;
        member.variance += (residual * residual - member.variance) / rows;
    }
}

void RelationModel::learn_covariance(double rows) {
    const double weight = 1 / rows;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const double mine = standard_[i];
        double* row = &at(covariance_, i, 0);
        for (std::size_t j = 0; j <= i; ++j) row[j] += weight * (mine * standard_[j] - row[j]);
    }
}

// Cholesky factor of the shrunken correlation, then its inverse, column by column.
void RelationModel::invert() {
    const std::size_t n = members_.size();
    for (std::size_t i = 0; i < n; ++i) {
        column_[i] = 1 / std::sqrt(std::max(at(covariance_, i, i), kVarianceMin));
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double rest =
                i == j ? 1 : (1 - kShrink) * at(covariance_, i, j) * column_[i] * column_[j];
            for (std::size_t k = 0; k < j; ++k) rest -= at(factor_, i, k) * at(factor_, j, k);
            at(factor_, i, j) =
                i == j ? std::sqrt(std::max(rest, kPivotMin)) : rest / at(factor_, j, j);
        }
    }
    for (std::size_t column = 0; column < n; ++column) {
        std::fill(column_.begin(), column_.end(), 0.0);
        for (std::size_t i = column; i < n; ++i) {
            double rest = i == column ? 1 : 0;
            for (std::size_t k = column; k < i; ++k) rest -= at(factor_, i, k) * column_[k];
            column_[i] = rest / at(factor_, i, i);
        }
        for (std::size_t i = n; i > 0; --i) {
            double rest = column_[i - 1];
            for (std::size_t k = i; k < n; ++k) rest -= at(factor_, k, i - 1) * column_[k];
            column_[i - 1] = rest / at(factor_, i - 1, i - 1);
        }
        for (std::size_t i = 0; i < n; ++i) at(inverse_, i, column) = column_[i];
    }
    inverted_ = true;
}

// Each member's distance from what the others say, in its own standard deviations given them:
// with the precision matrix P and the row u, (P u)_i / sqrt(P_ii).
void RelationModel::judge(double seconds, double rows) {
    const std::size_t n = members_.size();
    for (std::size_t i = 0; i < n; ++i) {
        column_[i] = standard_[i] / std::sqrt(std::max(at(covariance_, i, i), kVarianceMin));
    }
    for (std::size_t i = 0; i < n; ++i) {
        Member& member = members_[i];
        const double* row = &at(inverse_, i, 0);
        double sum = 0;
        for (std::size_t j = 0; j < n; ++j) sum += row[j] * column_[j];
        const double residual = sum / std::sqrt(row[i]);
        const double scale = member.scale.value(kScaleMin);
        const double score = rows_ < kRowsToScale ? 0 : std::fabs(residual) / scale / kMultiple;
        member.scale.learn(residual, scale, rows, rows_ >= kRowsToScale);
        surprises_[i] = 0;
        if (rows_ < kRowsToJudge) continue;
        if (1 - 1 / row[i] >= kKnownShare) {
            surprises_[i] = score / std::max(kLevelMin, member.calibration.level());
        }
        member.calibration.observe(seconds, score);
    }
}

std::size_t RelationModel::memory_bytes() const {
    return members_.capacity() * sizeof(Member) +
           sizeof(double) * (standard_.capacity() + covariance_.capacity() + factor_.capacity() +
                             inverse_.capacity() + column_.capacity() + surprises_.capacity());
}

}  // namespace homeostat
