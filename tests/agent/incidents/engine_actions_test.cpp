#include <doctest/doctest.h>

#include "tests/agent/incidents/engine_rig.hpp"

using namespace homeostat;
using test::full;

namespace {

using Fixture = test::EngineRig;

constexpr std::string_view kHead = "17:3fa9c1d2e4b5069788796a5b4c3d2e1f";  // of an audit log

// An incident that is open already.
struct Opened : test::EngineRig {
    Opened() { tick(); }
    void tick() { run({full("/srv")}); }
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
        report.audit_head = kHead;
        engine.note_report(report, clock.now());
    }
};

}  // namespace

TEST_CASE_FIXTURE(Opened, "engine_actions: a dry run changes nothing") {
    decide(ActionMode::Observe, false);
    CHECK(incident().state == IncidentState::Open);
    report(true, false);
    REQUIRE(incident().actions.size() == 1);
    CHECK(incident().actions[0].state == "planned");
    CHECK(incident().state == IncidentState::Open);
}

TEST_CASE_FIXTURE(Opened, "engine_actions: what runs is followed until its value got there") {
    decide(ActionMode::Auto, true);
    CHECK(incident().state == IncidentState::Acting);
    report(true, false);
    CHECK(incident().actions[0].state == "ok");
    CHECK(incident().audit_head == kHead);
    tick();
    CHECK(incident().actions[0].state == "ok");
    evidence.value = 0.5;
    tick();
    tick();
    CHECK(incident().actions[0].state == name_of(Effect::Helped));
    CHECK(incident().actions[0].after == 0.5);
    CHECK(incident().state == IncidentState::Open);
}

TEST_CASE_FIXTURE(Opened,
                  "engine_actions: what waits for a person is one line, however often asked") {
    for (int i = 0; i < 5; ++i) {
        decide(ActionMode::Recommend, false);
        report(false, false, true);
    }
    REQUIRE(incident().actions.size() == 1);
    CHECK(incident().actions[0].state == "waiting");
}

TEST_CASE_FIXTURE(Opened, "engine_actions: that an action was undone is told and ends nothing") {
    decide(ActionMode::Auto, true);
    ActionReport undone;
    undone.incident = incident().id;
    undone.undone = true;
    undone.detail = "took back 'clean'";
    engine.note_report(undone, clock.now());
    CHECK(incident().actions[0].state == "running");
    CHECK(incident().actions[0].detail == "took back 'clean'");
    CHECK(incident().state == IncidentState::Acting);
}

TEST_CASE_FIXTURE(Opened, "engine_actions: who is asked about another target is asked anew") {
    Decision decision;
    decision.rule_name = "restrain";
    decision.mode = ActionMode::Recommend;
    decision.allowed = true;
    for (const char* target : {"a.service", "a.service", "b.service"}) {
        decision.target_name = target;
        engine.note_decision(incident().id, decision, false, {}, clock.now());
        report(false, false, true);
    }
    REQUIRE(incident().actions.size() == 2);
    CHECK(incident().actions[0].target == "a.service");
    CHECK(incident().actions[1].target == "b.service");
}

TEST_CASE_FIXTURE(Opened,
                  "engine_actions: the newest records are kept; of others nothing is known") {
    for (int i = 0; i < 6; ++i) decide(ActionMode::Observe, false);
    CHECK(incident().actions.full());
    ActionReport stray;
    engine.note_report(stray, clock.now());
    engine.note_decision(IncidentId{}, Decision{}, true, Verification{}, clock.now());
    CHECK(engine.open().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "engine_actions: an action is verified by the value it must move") {
    run({full("/srv")}, 2);
    act();
    run({full("/srv")});
    CHECK(told.back().state == IncidentState::Acting);
    CHECK(told.back().actions.back().state == "running");
    report(true, false);
    run({full("/srv")}, 5);
    CHECK(told.back().actions.back().state == "ok");
    evidence.value = 0.2;
    run({}, 1);
    CHECK(told.back().actions.back().state == "effective");
    CHECK(told.back().actions.back().before == doctest::Approx(0.95));
    CHECK(told.back().actions.back().after == doctest::Approx(0.2));
    run({}, 30);
    CHECK(told.back().state == IncidentState::Resolved);
}

TEST_CASE_FIXTURE(Fixture, "engine_actions: two remedies in vain and it is a person's") {
    run({full("/srv")}, 2);
    for (int i = 0; i < 2; ++i) {
        act();
        run({full("/srv")});
        report(true, false);
        run({full("/srv")}, 40);
        CHECK(told.back().actions.back().state == "ineffective");
    }
    CHECK(told.back().state == IncidentState::GivenUp);
}

TEST_CASE_FIXTURE(Fixture, "engine_actions: a refusal is told and is not a failed remedy") {
    run({full("/srv")}, 2);
    for (int i = 0; i < 5; ++i) {
        act();
        report(false, true);
        run({full("/srv")});
        CHECK(told.back().actions.back().state == "refused");
        CHECK(told.back().state == IncidentState::Open);
    }
    CHECK(told.back().actions.size() == 4);
}

TEST_CASE_FIXTURE(Fixture, "engine_actions: an unknown value after an action is not success") {
    run({full("/srv")}, 2);
    act();
    report(true, false);
    evidence.value = std::nullopt;
    run({full("/srv")}, 40);
    CHECK(told.back().actions.back().state == "ineffective");
}

TEST_CASE_FIXTURE(Fixture, "engine_actions: without `verify` an action helped when it is over") {
    for (const bool helps : {true, false}) {
        CAPTURE(helps);
        run({full("/srv")}, 2);
        engine.note_decision(engine.open()[0].id, decision(), true, {}, clock.now());
        report(true, false);
        if (helps) {
            run({}, 6);
        } else {
            run({full("/srv")}, 125);
        }
        CHECK(told.back().actions.back().state == (helps ? "effective" : "ineffective"));
        run({}, 400);
        REQUIRE(engine.open().empty());
    }
}

TEST_CASE_FIXTURE(Fixture, "engine_actions: what the actuator saw afterwards is the answer") {
    run({full("/srv")}, 2);
    engine.note_decision(engine.open()[0].id, decision(), true, {}, clock.now());
    ActionReport seen;
    seen.incident = engine.open()[0].id;
    seen.ran = true;
    seen.effect = Effect::Helped;
    engine.note_report(seen, clock.now());
    run({full("/srv")});
    CHECK(told.back().actions.back().state == "effective");
}

TEST_CASE_FIXTURE(Fixture, "engine_actions (RULES B22): one action that made it worse is enough") {
    run({full("/srv")}, 2);
    act();
    run({full("/srv")}, 1);
    report(true, false);
    evidence.value = 0.99;
    run({full("/srv")}, 31);
    CHECK(told.back().actions.back().state == "worse");
    CHECK(told.back().actions.back().after == doctest::Approx(0.99));
    CHECK(told.back().actions.back().expected == doctest::Approx(0.95));
    CHECK(told.back().state == IncidentState::GivenUp);
}

TEST_CASE_FIXTURE(Fixture, "engine_actions (RULES C4): it is not given up while a rung is left") {
    run({full("/srv")}, 2);
    for (const bool last : {false, false, true, true}) {
        Decision rung = decision();
        rung.rule_name = last ? "hard" : "gentle";
        rung.last_rung = last;
        CHECK(engine.open()[0].state == IncidentState::Open);
        engine.note_decision(engine.open()[0].id, rung, true, {}, clock.now());
        report(true, true);
        run({full("/srv")}, 2);
        CHECK(told.back().actions.back().state == "failed");
    }
    CHECK(told.back().state == IncidentState::GivenUp);
}

TEST_CASE_FIXTURE(Fixture, "engine_actions: what waits for a person is told once") {
    run({full("/srv")}, 2);
    Decision recommended = decision();
    recommended.mode = ActionMode::Recommend;
    ActionReport waiting;
    waiting.incident = engine.open()[0].id;
    waiting.waiting = true;
    waiting.detail = "a person must approve it";
    for (int time = 0; time < 3; ++time) {
        engine.note_decision(engine.open()[0].id, recommended, false, {}, clock.now());
        engine.note_report(waiting, clock.now());
        run({full("/srv")}, 2);
        REQUIRE(engine.open()[0].actions.size() == 1);
        CHECK(engine.open()[0].actions[0].state == "waiting");
    }
    const auto times = told.size();
    run({full("/srv")}, 2);
    CHECK(told.size() == times);
    // Approved in advance meanwhile: it runs, and is verified like any other.
    ActionReport done = waiting;
    done.waiting = false;
    done.ran = true;
    engine.note_decision(engine.open()[0].id, recommended, false, {}, clock.now());
    engine.note_report(done, clock.now());
    CHECK(engine.open()[0].state == IncidentState::Acting);
    run({}, 6);
    CHECK(told.back().actions.back().state == "effective");
}

TEST_CASE_FIXTURE(Fixture, "engine_actions: what a person had run meanwhile is in the story") {
    run({full("/srv")}, 2);
    Decision recommended = decision();
    recommended.mode = ActionMode::Recommend;
    engine.note_decision(engine.open()[0].id, recommended, false, {}, clock.now());
    ActionReport told_by_actuator;
    told_by_actuator.incident = engine.open()[0].id;
    told_by_actuator.effect = Effect::Helped;
    told_by_actuator.detail = "a person had it run: effective";
    engine.note_report(told_by_actuator, clock.now());
    CHECK(engine.open()[0].actions[0].state == "effective");
}
