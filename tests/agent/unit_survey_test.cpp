#include "agent/unit_survey.hpp"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_root.hpp"
#include "tests/support/scripted_spawner.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    Fixture() { root.set("run/systemd/system/x", ""); }

    test::MemoryRoot root;
    test::ManualClock clock;
    test::ScriptedSpawner spawner;
    FailedUnits units;
    UnitSurvey survey{root, spawner, clock, units};
    FailedUnits::State state;

    const FailedUnits::State& step() {
        survey.step();
        units.copy_to(state);
        return state;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "unit_survey: asks every half minute, with no shell and bounds") {
    ExitReport report;
    report.code = 0;
    report.output = "app.service loaded failed failed An app\n";
    spawner.answer(report);
    REQUIRE(step().units.size() == 1);
    CHECK(state.units[0].name == "app.service");
    CHECK(state.trouble.empty());
    REQUIRE(spawner.asked.size() == 1);
    CHECK(spawner.asked[0].argv[0] == "/usr/bin/systemctl");
    CHECK(spawner.asked[0].timeout <= seconds(10));
    clock.advance(seconds(29));
    step();
    CHECK(spawner.asked.size() == 1);
    clock.advance(seconds(1));
    report.output.clear();
    spawner.answer(report);
    CHECK(step().units.empty());
    CHECK(state.surveys == 2);
}

TEST_CASE_FIXTURE(Fixture, "unit_survey: no answer leaves the list as it was, and says why") {
    CHECK(step().surveys == 0);
    CHECK(spawner.asked.size() == 2);  // /usr/bin, then /bin
    CHECK(state.trouble.view().find("No such file") != std::string_view::npos);
    clock.advance(UnitSurvey::kInterval);
    ExitReport report;
    report.code = 1;
    report.errors = "Failed to connect to bus";
    spawner.answer(report);
    CHECK(step().trouble == "systemctl list-units: Failed to connect to bus");
    clock.advance(UnitSurvey::kInterval);
    report.timed_out = true;
    spawner.answer(report);
    CHECK(step().trouble == "systemctl list-units: no answer in time");
}

TEST_CASE_FIXTURE(Fixture, "unit_survey: without systemd nobody is asked") {
    root.remove("run/systemd/system/x");
    CHECK(step().surveys == 0);
    CHECK(spawner.asked.empty());
}
