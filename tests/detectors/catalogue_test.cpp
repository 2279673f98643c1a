#include "detectors/catalogue.hpp"

#include "core/incident.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace homeostat;

TEST_CASE("catalogue: every condition is complete and its steps grow worse") {
    std::set<std::string_view> names;
    for (const Condition& condition : stock_conditions()) {
        CAPTURE(std::string(condition.name));
        CHECK(names.insert(condition.name).second);
        CHECK(condition.metric.empty() == condition.event.has_value());
        CHECK_FALSE(condition.advice.empty());
        CHECK(condition.name.size() <= decltype(Finding::condition)::capacity());
        CHECK(condition.incident.size() <= decltype(Finding::incident)::capacity());
        CHECK(condition.advice.size() <= decltype(Incident::advice)::capacity());
        CHECK(condition.remedy.size() <= decltype(Incident::remedy)::capacity());
        CHECK(condition.clear_margin >= 0);
        REQUIRE_FALSE(condition.steps.empty());
        for (std::size_t i = 1; i < condition.steps.size(); ++i) {
            CHECK(condition.steps[i].severity > condition.steps[i - 1].severity);
            const bool grows = condition.steps[i].limit > condition.steps[i - 1].limit;
            CHECK(grows == worse_above(condition.comparison));
            CHECK(condition.steps[i].room_max <= condition.steps[i - 1].room_max);
        }
        // A finding that pages nobody is of no severity, and the other way round.
        CHECK(condition.incident.empty() == (condition.steps[0].severity == Severity::Info));
        // Its hysteresis must not reach beyond what is normal.
        const double mildest = condition.steps[0].limit;
        if (condition.comparison == Comparison::AtLeast && mildest > 0) {
            CHECK(condition.clear_margin < mildest);
        }
    }
}

TEST_CASE("catalogue: what opens an incident by a rate has a witness, a baseline, or is an error") {
    // Rates of these are faults by themselves: something was lost, refused or slowed down.
    const auto is_loss = [](std::string_view metric) {
        for (const std::string_view word :
             {"error", "drop", "overflow", "throttle", "cookies", "retransmit", "full", "pressure",
              "overrun", "abort", "steal", "failure", "timeout", "fifo"}) {
            if (metric.find(word) != std::string_view::npos) return true;
        }
        return false;
    };
    for (const Condition& condition : stock_conditions()) {
        CAPTURE(std::string(condition.name));
        const bool counts = condition.metric.ends_with("_count") ||
                            condition.metric.ends_with("_seconds") ||
                            condition.metric.ends_with("_packets_count");
        const bool of_physics =
            condition.comparison != Comparison::AtLeast || !condition.per.empty();
        if (condition.incident.empty() || !counts || of_physics || is_loss(condition.metric)) {
            continue;
        }
        // How long a unit has been on its way, or a process stands still, is the age of a state,
        // not a rate.
        const bool is_age = condition.metric == "unit_starting_seconds" ||
                            condition.metric == "unit_stopping_seconds" ||
                            condition.metric == "process_stuck_seconds" ||
                            condition.metric == "process_stopped_seconds";
        const bool is_state =
            condition.steps[0].limit <= 1 || is_age || condition.metric.starts_with("clock");
        CHECK((condition.times_usual > 0 || !condition.witness.metric.empty() || is_state));
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
