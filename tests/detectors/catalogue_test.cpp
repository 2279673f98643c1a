#include "detectors/catalogue.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace homeostat;

TEST_CASE("catalogue: every condition is complete and its steps grow worse") {
    std::set<std::string_view> names;
    for (const Condition& condition : stock_conditions()) {
        CAPTURE(std::string(condition.name));
        CHECK(names.insert(condition.name).second);
        CHECK_FALSE(condition.incident.empty());
        CHECK_FALSE(condition.metric.empty());
        CHECK_FALSE(condition.advice.empty());
        CHECK(condition.name.size() <= decltype(Finding::condition)::capacity());
        CHECK(condition.clear_margin >= 0);
        REQUIRE(condition.steps_used > 0);
        REQUIRE(condition.steps_used <= Condition::kStepsMax);
        for (std::size_t i = 1; i < condition.steps_used; ++i) {
            CHECK(condition.steps[i].severity > condition.steps[i - 1].severity);
            if (condition.comparison == Comparison::AtMost) {
                CHECK(condition.steps[i].limit < condition.steps[i - 1].limit);
            } else {
                CHECK(condition.steps[i].limit > condition.steps[i - 1].limit);
            }
            CHECK(condition.steps[i].room_max <= condition.steps[i - 1].room_max);
        }
    }
}

TEST_CASE("catalogue: a full disk and its forecast are one kind of incident") {
    REQUIRE(find_stock_condition("filesystem_full") != nullptr);
    CHECK(find_stock_condition("filesystem_full")->incident == stock_forecasts()[0].incident);
    CHECK(find_stock_condition("filesystem_fool") == nullptr);
}

TEST_CASE("catalogue: advice is found by the name of a condition or a forecast") {
    CHECK_FALSE(advice_for("filesystem_full").empty());
    CHECK_FALSE(advice_for("filesystem_filling").empty());
    CHECK(advice_for("").empty());
    CHECK(advice_for("no_such_thing").empty());
}
