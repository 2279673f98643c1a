#include "core/decision.hpp"

#include <doctest/doctest.h>

TEST_CASE("decision: modes have the names that rules use") {
    using namespace homeostat;
    CHECK(name_of(ActionMode::Observe) == "observe");
    CHECK(name_of(ActionMode::Recommend) == "recommend");
    CHECK(name_of(ActionMode::Auto) == "auto");
}
