#include "detectors/relation_model.hpp"

#include <algorithm>
#include <array>
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
constexpr double kScaleMin = 0.05;    // standard deviations
constexpr double kMultiple = 5;       // scales at which a residual begins to be odd
constexpr double kLevelMin = 0.5;     // least calibration level
constexpr double kStandardMax = 1e3;  // standard deviations: more says no more
constexpr double kVarianceMin = 1e-6;
constexpr double kRelativeNoise = 1e-4;  // of the mean: a member steadier than this is constant
constexpr double kAbsoluteNoise = 1e-9;
constexpr double kSizeShare = 0.05;  // of the mean size: less is no order of magnitude less
constexpr double kMeanClip = 5;      // deviations by which one row may pull the mean

// Four sums side by side: one after the other, each addition would wait for the one before.
double dot(const double* a, const double* b, std::size_t count) {
    std::array<double, 4> sums{};
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (std::size_t lane = 0; lane < 4; ++lane) sums[lane] += a[i + lane] * b[i + lane];
    }
    for (; i < count; ++i) sums[0] += a[i] * b[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace

RelationModel::RelationModel(std::size_t members, const RelationView& view)
    : view_(view),
      members_(std::min(members, kMembersMax)),
      standard_(members_.size()),
      covariance_(members_.size() * members_.size()),
      factor_(covariance_.size()),
      inverse_(covariance_.size()),
      column_(members_.size()),
      surprises_(members_.size()) {
    surprises_.reserve(members);
    for (std::size_t i = 0; i < members_.size(); ++i) at(covariance_, i, i) = 1;
}

std::span<double> RelationModel::observe(double seconds, std::span<const double> values,
                                         bool learns) {
    assert(values.size() >= surprises_.size() && values.size() <= surprises_.capacity());
    surprises_.resize(values.size());  // within what is reserved
    const double elapsed = measure_step(seconds);
    if (learns) ++rows_;
    const double rows_max = std::max(kMemorySeconds / step_seconds_, 2.0);
    const double rows = std::min(static_cast<double>(rows_), rows_max);
    standardise(values.first(members_.size()), rows_max, learns);
    if (inverted_) judge(seconds, elapsed, rows, learns);
    if (learns && rows_ > kRowsToSettle) learn_covariance(rows - kRowsToSettle);
    if (rows_ >= kRowsToRelate && (seconds >= next_inversion_ || !inverted_)) {
        invert();
        next_inversion_ = seconds + kInversionSeconds;
    }
    return surprises_;
}

// Seconds since the last row. Keeps the usual step, which gaps and steps back do not teach.
double RelationModel::measure_step(double seconds) {
    constexpr double kFirstStep = 60;
    constexpr double kLearnShare = 0.1;
    const double elapsed = std::min(seconds - last_seconds_, kMemorySeconds);
    if (rows_ == 0) {
        step_seconds_ = kFirstStep;
    } else if (rows_ == 1 && elapsed > 0) {
        step_seconds_ = elapsed;
    } else if (elapsed > 0 && elapsed < 1.5 * step_seconds_) {
        step_seconds_ += kLearnShare * (elapsed - step_seconds_);
    }
    if (elapsed < 0) next_inversion_ = seconds;
    last_seconds_ = seconds;
    return rows_ == 0 ? 0 : std::max(elapsed, 0.0);
}

double RelationModel::viewed(Member& member, double value, double rows, bool learns) const {
    if (!view_.logarithmic) return value;
    if (member.rows == 0) member.size = std::fabs(value);
    if (learns) member.size += (std::fabs(value) - member.size) / rows;
    return std::log(std::max(value, 0.0) + kSizeShare * member.size + kAbsoluteNoise);
}

void RelationModel::standardise(std::span<const double> values, double rows_max, bool learns) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
        Member& member = members_[i];
        standard_[i] = 0;
        if (!std::isfinite(values[i])) continue;
        const double rows = std::min(static_cast<double>(member.rows) + 1, rows_max);
        const double value = viewed(member, std::clamp(values[i], -1e30, 1e30), rows, learns);
        if (member.rows == 0) member.mean = value;
        if (learns) ++member.rows;
        const double residual = value - member.mean;
        const double noise = kRelativeNoise * std::fabs(member.mean) + kAbsoluteNoise;
        const double deviation = std::max(std::sqrt(member.variance), noise);
        if (member.rows > kRowsToSettle) {
            standard_[i] = std::clamp(residual / deviation, -kStandardMax, kStandardMax);
        }
        if (!learns) continue;
        const double pull = kMeanClip * deviation;
        const bool settled = member.rows > kRowsToRelate;
        member.mean += (settled ? std::clamp(residual, -pull, pull) : residual) / rows;
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
            const double whole =
                i == j ? 1 : (1 - kShrink) * at(covariance_, i, j) * column_[i] * column_[j];
            const double rest = whole - dot(&at(factor_, i, 0), &at(factor_, j, 0), j);
            at(factor_, i, j) =
                i == j ? std::sqrt(std::max(rest, kPivotMin)) : rest / at(factor_, j, j);
        }
    }
    // Above a column's diagonal the inverse is what lies left of it: symmetric.
    for (std::size_t column = 0; column < n; ++column) {
        for (std::size_t i = column; i < n; ++i) {
            const double one = i == column ? 1 : 0;
            const double known = dot(&at(factor_, i, column), &column_[column], i - column);
            column_[i] = (one - known) / at(factor_, i, i);
        }
        for (std::size_t i = n; i-- > column;) {
            const double* row = &at(factor_, i, 0);
            column_[i] /= row[i];
            for (std::size_t k = column; k < i; ++k) column_[k] -= row[k] * column_[i];
        }
        for (std::size_t i = column; i < n; ++i) {
            at(inverse_, i, column) = at(inverse_, column, i) = column_[i];
        }
    }
    inverted_ = true;
}

// Each member's distance from what the others say, in its own standard deviations given them:
// with the precision matrix P and the row u, (P u)_i / sqrt(P_ii). The row's is sqrt(u P u / n).
void RelationModel::judge(double seconds, double elapsed, double rows, bool learns) {
    const std::size_t n = members_.size();
    const double weight = view_.mean_seconds > 0 ? 1 - std::exp(-elapsed / view_.mean_seconds) : 1;
    for (std::size_t i = 0; i < n; ++i) {
        column_[i] = standard_[i] / std::sqrt(std::max(at(covariance_, i, i), kVarianceMin));
    }
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double* row = &at(inverse_, i, 0);
        const double sum = dot(row, column_.data(), n);
        squares += column_[i] * sum;
        double& distance = members_[i].distance;
        distance += weight * (sum / std::sqrt(row[i]) - distance);
        judge_member(i, seconds, distance, 1 - 1 / row[i], rows, learns);
    }
    const double whole = std::sqrt(std::max(squares, 0.0) / static_cast<double>(n));
    if (rows_ < kRowsToJudge) return;
    row_surprise_ = whole / std::max(kLevelMin, row_calibration_.level());
    if (learns) row_calibration_.observe(seconds, whole);
}

// `known`: the share of the member's variance that the others explain.
void RelationModel::judge_member(std::size_t index, double seconds, double residual, double known,
                                 double rows, bool learns) {
    Member& member = members_[index];
    const double scale = member.scale.value(kScaleMin);
    const double score = rows_ < kRowsToScale ? 0 : std::fabs(residual) / scale / kMultiple;
    if (learns) member.scale.learn(residual, scale, 1 / rows, rows_ >= kRowsToScale);
    surprises_[index] = 0;
    if (rows_ < kRowsToJudge) return;
    if (known >= view_.known_share) {
        surprises_[index] = score / std::max(kLevelMin, member.calibration.level());
    }
    if (learns) member.calibration.observe(seconds, score);
}

// Until the next inversion the old relations are asked: of a member without a past they say
// nothing.
void RelationModel::begin_member(std::size_t member) {
    if (member >= members_.size()) return;
    members_[member] = Member{};
    surprises_[member] = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        at(covariance_, std::max(i, member), std::min(i, member)) = i == member ? 1 : 0;
    }
    inverted_ = false;
}

std::size_t RelationModel::memory_bytes() const {
    return members_.capacity() * sizeof(Member) +
           sizeof(double) * (standard_.capacity() + covariance_.capacity() + factor_.capacity() +
                             inverse_.capacity() + column_.capacity() + surprises_.capacity());
}

}  // namespace homeostat
