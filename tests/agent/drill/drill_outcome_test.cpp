#include "agent/drill/drill_outcome.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <vector>

using namespace homeostat;

namespace {

constexpr std::int64_t kBegan = 1'795'176'000LL * 1'000'000'000;

Incident incident(std::string_view kind, int opened_after_seconds, std::string_view cause = {}) {
    Incident made;
    made.kind = kind;
    made.opened.unix_ns = kBegan + seconds(opened_after_seconds).ns;
    made.summary = "something is wrong";
    if (!cause.empty()) (void)made.causes.push({.text = cause, .name = cause, .confidence = 0.9});
    return made;
}

const DrillRow& cpu() {
    return *find_drill("cpu");
}

}  // namespace

TEST_CASE("drill_outcome: one incident of the right kind with the right cause is good") {
    const std::vector<Incident> incidents{incident("cpu_saturation", -50, "process:other"),
                                          incident("cpu_saturation", 9, "process:drill-cpu")};
    const DrillOutcome outcome = judge_drill(cpu(), incidents, kBegan);
    CHECK(outcome.is_good());
    CHECK(outcome.delay_seconds == doctest::Approx(9));
    const std::string text = drill_text(cpu(), outcome);
    CHECK(text.find("seen       yes, after 9 s: cpu_saturation") != std::string::npos);
    CHECK(text.find("explained  yes") != std::string::npos);
    CHECK(nlohmann::json::parse(drill_json(cpu(), outcome))["good"] == true);
}

TEST_CASE("drill_outcome: nothing, a wrong kind, a wrong cause, or two incidents are not good") {
    struct Row {
        std::vector<Incident> incidents;
        std::size_t count;
        bool kind_right;
        bool explained;
    };
    for (const Row& row :
         {Row{{}, 0, false, false}, Row{{incident("clock", 5)}, 1, false, false},
          Row{{incident("cpu_saturation", 5)}, 1, true, false},
          Row{{incident("cpu_saturation", 5, "process:other")}, 1, true, false},
          Row{{incident("clock", 4), incident("cpu_saturation", 5, "process:drill-cpu")},
              2,
              true,
              true}}) {
        CAPTURE(row.count);
        const DrillOutcome outcome = judge_drill(cpu(), row.incidents, kBegan);
        CHECK_FALSE(outcome.is_good());
        CHECK(outcome.incidents == row.count);
        CHECK(outcome.kind_right == row.kind_right);
        CHECK(outcome.explained == row.explained);
        CHECK_FALSE(drill_text(cpu(), outcome).empty());
        CHECK(nlohmann::json::parse(drill_json(cpu(), outcome))["good"] == false);
    }
}

TEST_CASE("drill_outcome: tells the newest decision, or the stock rule that nobody allowed") {
    std::vector<Incident> incidents{incident("cpu_saturation", 5, "process:drill-cpu")};
    incidents[0].remedy = "throttle-unit";
    CHECK(drill_text(cpu(), judge_drill(cpu(), incidents, kBegan)).find("throttle-unit") !=
          std::string::npos);
    ActionRecord action;
    action.rule = "slow-down";
    action.state = "planned";
    (void)incidents[0].actions.push(action);
    CHECK(drill_text(cpu(), judge_drill(cpu(), incidents, kBegan)).find("slow-down") !=
          std::string::npos);
}
