#include <doctest/doctest.h>

#include "agent/incidents/incident_engine.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {

class NoEvidence final : public EvidenceSource {
public:
    FixedVector<ProcessUse, 3> processes_for(const Subject&, std::string_view) override {
        return {};
    }
    Snippet snippet_of(std::string_view, const Subject&) override { return {}; }
    std::optional<double> value_of(std::string_view, const Subject&) override { return value; }
    Subject beneath(const Subject& subject) override { return subject; }
    Counsel counsel_for(std::string_view) override { return {}; }

    std::optional<double> value = 0.95;
};

struct Fixture {
    test::ManualClock clock;
    NoEvidence evidence;
    IncidentEngine engine{IncidentSettings{}};

    Fixture() { tick(); }
    void tick() {
        Finding full;
        full.condition = "filesystem_full";
        full.incident = "filesystem_space";
        full.subject = {SubjectKind::Mount, "/srv"};
        full.metric = "filesystem_used_ratio";
        full.value = 0.95;
        engine.run({&full, 1}, clock.now(), evidence);
        clock.advance(seconds(1));
    }
    const Incident& incident() { return engine.open()[0]; }
    void decide(ActionMode mode, bool acting) {
        Decision decision;
        decision.rule_name = "clean";
        decision.mode = mode;
        decision.allowed = true;
        engine.note_decision(incident().id, decision, acting,
                             {Verification::Sense::Below, 0.8, seconds(30)}, clock.now());
    }
    void report(bool ran, bool failed, bool waiting = false) {
        ActionReport report;
        report.incident = incident().id;
        report.ran = ran;
        report.failed = failed;
        report.waiting = waiting;
        engine.note_report(report, clock.now());
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "engine_actions: a dry run changes nothing") {
    decide(ActionMode::Observe, false);
    CHECK(incident().state == IncidentState::Open);
    report(true, false);
    REQUIRE(incident().actions.size() == 1);
    CHECK(incident().actions[0].state == "planned");
    CHECK(incident().state == IncidentState::Open);
}

TEST_CASE_FIXTURE(Fixture, "engine_actions: what runs is followed until its value got there") {
    decide(ActionMode::Auto, true);
    CHECK(incident().state == IncidentState::Acting);
    report(true, false);
    CHECK(incident().actions[0].state == "ok");
    tick();
    CHECK(incident().actions[0].state == "ok");
    evidence.value = 0.5;
    tick();
    tick();
    CHECK(incident().actions[0].state == name_of(Effect::Helped));
    CHECK(incident().actions[0].after == 0.5);
    CHECK(incident().state == IncidentState::Open);
}

TEST_CASE_FIXTURE(Fixture,
                  "engine_actions: what waits for a person is one line, however often asked") {
    for (int i = 0; i < 5; ++i) {
        decide(ActionMode::Recommend, false);
        report(false, false, true);
    }
    REQUIRE(incident().actions.size() == 1);
    CHECK(incident().actions[0].state == "waiting");
}

TEST_CASE_FIXTURE(Fixture,
                  "engine_actions: the newest records are kept; of others nothing is known") {
    for (int i = 0; i < 6; ++i) decide(ActionMode::Observe, false);
    CHECK(incident().actions.full());
    ActionReport stray;
    engine.note_report(stray, clock.now());
    engine.note_decision(IncidentId{}, Decision{}, true, Verification{}, clock.now());
    CHECK(engine.open().size() == 1);
}
