#include "detectors/shape_memory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

using homeostat::ShapeMemory;

namespace {

double daily(int row) {
    return 10 + 5 * std::sin(row * 2 * std::numbers::pi / 96);
}

}  // namespace

TEST_CASE("shape_memory: a curve it has seen often is not odd, one with a flat middle is") {
    ShapeMemory memory(4);
    double known = 0;
    for (int row = 0; row < 96 * 14; ++row) {
        const double oddness = memory.observe(daily(row));
        if (row >= 96 * 10) known = std::max(known, oddness);
    }
    double flat = 0;
    for (int row = 0; row < 96; ++row) {
        flat = std::max(flat, memory.observe(row < 60 ? 10 : daily(row)));
    }
    CHECK(flat > known);
}

TEST_CASE("shape_memory: the oddness is never negative, never wild, and a constant is not odd") {
    ShapeMemory memory(2);
    for (int row = 0; row < 2000; ++row) {
        const double oddness = memory.observe(7);
        if (oddness != 0) FAIL("a constant was odd in row " << row);
    }
    for (int row = 0; row < 2000; ++row) {
        const double oddness = memory.observe(row % 3 == 0 ? 1e30 : -1e30);
        if (!(oddness >= 0 && oddness <= 2)) FAIL("row " << row << ": " << oddness);
    }
}
