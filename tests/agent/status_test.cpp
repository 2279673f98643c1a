#include "agent/status.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("status: an action counts once, as the worst that can be said of it") {
    ActionCounts counts;
    ActionReport report;
    report.rule = "clean";
    report.ran = true;
    counts.note(report);
    report.mode = name_of(ActionMode::Observe);
    counts.note(report);
    report.failed = true;
    counts.note(report);
    report.unknown = true;  // it ran for all that we know
    report.reached = false;
    counts.note(report);

    ActionReport refused;
    counts.note(refused);
    refused.waiting = true;
    counts.note(refused);
    ActionReport unsent;
    unsent.reached = false;
    counts.note(unsent);
    ActionReport undone;
    undone.ran = true;
    undone.undone = true;
    counts.note(undone);
    undone.failed = true;
    counts.note(undone);

    CHECK(counts.all.ok == 1);
    CHECK(counts.all.dry_run == 1);
    CHECK(counts.all.failed == 2);
    CHECK(counts.all.rolled_back == 1);
    CHECK(counts.all.unknown == 1);
    CHECK(counts.all.denied == 1);
    CHECK(counts.all.waiting == 1);
    CHECK(counts.all.unreached == 1);
    REQUIRE(counts.by_rule.size() == 2);
    CHECK(counts.by_rule[0].rule == "clean");
    CHECK(counts.by_rule[0].results.ok == 1);
    CHECK(counts.by_rule[0].results.failed == 1);
    CHECK(counts.by_rule[1].results.failed == 1);
}

TEST_CASE(
    "status: rules are known from the start, and those beyond the table are counted together") {
    ActionCounts counts;
    counts.know(std::string(100, 'x'));
    counts.know(std::string(100, 'x') + "y");  // no other one, as far as it is told
    REQUIRE(counts.by_rule.size() == 1);
    for (int i = 0; i < 40; ++i) counts.know(fmt::format("rule {}", i));
    CHECK(counts.by_rule.size() == ActionCounts::kLinesMax);
    ActionReport report;
    report.ran = true;
    for (const char* rule : {"rule 3", "rule 30", "rule 31", "other"}) {
        report.rule = rule;
        counts.note(report);
    }
    REQUIRE(counts.by_rule.size() == ActionCounts::kLinesMax + 1);
    CHECK(counts.by_rule[4].results.ok == 1);
    CHECK(counts.by_rule.back().rule == "other");
    CHECK(counts.by_rule.back().results.ok == 3);
    CHECK(counts.all.ok == 4);
}
