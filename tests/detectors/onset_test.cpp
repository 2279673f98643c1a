#include "detectors/onset.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("onset: a long event is one notification") {
    OnsetFilter onset;
    int notified = 0;
    for (int i = 0; i < 1000; ++i) {
        const double surprise = i >= 500 && i < 800 ? 5 + 0.1 * (i % 7) : 0.1;
        if (onset.observe(surprise) >= 1) ++notified;
    }
    CHECK(notified == 1);
}

TEST_CASE("onset: a second event is news when it is clearly worse or comes much later") {
    OnsetFilter onset;
    CHECK(onset.observe(4) == 4);
    CHECK(onset.observe(5) < 1);
    CHECK(onset.observe(9) == 9);
    for (int i = 0; i < 600; ++i) onset.observe(0);
    CHECK(onset.observe(4) == 4);
}
