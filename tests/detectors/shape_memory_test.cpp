#include "detectors/shape_memory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace homeostat;

TEST_CASE("shape memory: a repeated curve becomes known, a missing peak is odd") {
    ShapeMemory memory(6);
    const auto curve = [](int i) { return 50 + 40 * std::sin(i * 2 * 3.14159265 / 288); };
    double later = 0;
    for (int i = 0; i < 10 * 288; ++i) {
        const double odd = memory.observe(curve(i));
        if (i > 5 * 288) later = std::max(later, odd);
    }
    CHECK(later <= 0.1);
    double flat = 0;
    for (int i = 0; i < 200; ++i) flat = std::max(flat, memory.observe(i % 40 < 20 ? 20 : 80));
    CHECK(flat > 2 * later);
}

TEST_CASE("shape memory: a constant and a single value are not odd") {
    ShapeMemory memory(2);
    for (int i = 0; i < 1000; ++i) CHECK(memory.observe(7) == 0);
}

TEST_CASE("shape memory: it goes on after its clock has run over, within bounds") {
    ShapeMemory memory(1);
    for (int i = 0; i < 200000; ++i) {
        const double odd = memory.observe(i % 97 < 3 ? 1e30 * (i % 5 - 2) : i % 13);
        REQUIRE(std::isfinite(odd));
        REQUIRE(odd >= 0);
        REQUIRE(odd <= 1);
    }
}
