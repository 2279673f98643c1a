#include "detectors/onset.hpp"

#include <algorithm>
#include <cmath>

namespace homeostat {
namespace {

constexpr double kFadeRows = 300;
constexpr double kClearlyAbove = 1.5;
constexpr double kHeldBack = 0.01;  // keeps the order of rows that are not onsets

}  // namespace

double OnsetFilter::observe(double surprise) {
    held_ *= std::exp(-1 / kFadeRows);
    const double strength = surprise > kClearlyAbove * held_ ? surprise : kHeldBack * surprise;
    held_ = std::max(held_, surprise);
    return strength;
}

}  // namespace homeostat
