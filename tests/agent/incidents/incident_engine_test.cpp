#include "agent/incidents/incident_engine.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "core/allocation_guard.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {

class FakeEvidence final : public EvidenceSource {
public:
    FixedVector<ProcessUse, 3> processes_for(const Subject&, std::string_view) override {
        ++looks;
        return processes;
    }
    Snippet snippet_of(std::string_view metric, const Subject&) override {
        Snippet snippet;
        snippet.metric.assign(metric);
        static_cast<void>(snippet.values.push(0.5F));
        return snippet;
    }
    std::optional<double> value_of(std::string_view, const Subject&) override { return value; }
    Subject beneath(const Subject& subject) override {
        const auto found = devices.find(std::string(subject.name));
        return found == devices.end() ? subject : Subject{SubjectKind::Device, found->second};
    }
    Counsel counsel_for(std::string_view) override { return {"free some space", "clean-disk"}; }

    FixedVector<ProcessUse, 3> processes;
    std::map<std::string, const char*> devices;
    std::optional<double> value = 0.95;
    int looks = 0;
};

Finding full(std::string_view mount, Severity severity = Severity::Critical) {
    Finding finding;
    finding.condition = "filesystem_full";
    finding.incident = "filesystem_space";
    finding.subject = {SubjectKind::Mount, mount};
    finding.metric = "filesystem_used_ratio";
    finding.severity = severity;
    finding.value = 0.95;
    finding.limit = 0.9;
    finding.score = 1;
    return finding;
}

Finding filling(std::string_view mount) {
    Finding finding = full(mount, Severity::Warning);
    finding.kind = FindingKind::Forecast;
    finding.condition = "filesystem_filling";
    finding.value = 0.5;
    finding.rate_per_second = 1048576;
    finding.seconds_to_limit = 60;
    finding.seconds_to_limit_low = 50;
    finding.seconds_to_limit_high = 75;
    return finding;
}

// A finding about the host.
Finding about(std::string_view kind, std::string_view condition) {
    Finding finding;
    finding.condition = condition;
    finding.incident = kind;
    finding.severity = kind == "oom_kill" ? Severity::Error : Severity::Warning;
    finding.metric = "some_metric";
    finding.value = 0.9;
    finding.limit = 0.5;
    return finding;
}

struct Fixture {
    test::ManualClock clock;
    FakeEvidence evidence;
    IncidentEngine engine{IncidentSettings{}};
    std::vector<Incident> told;

    // Runs `ticks` seconds with the same findings and keeps what was told.
    void run(const std::vector<Finding>& findings, int ticks = 1) {
        for (int i = 0; i < ticks; ++i) {
            for (const Incident& incident : engine.run(findings, clock.now(), evidence)) {
                told.push_back(incident);
            }
            clock.advance(seconds(1));
        }
    }

    Decision decision() {
        Decision decision;
        decision.rule_name = "clean";
        decision.playbook = "clean.yml";
        decision.mode = ActionMode::Auto;
        decision.allowed = true;
        return decision;
    }

    void act() {
        engine.note_decision(engine.open()[0].id, decision(), true,
                             Verification{Verification::Sense::Below, 0.8, seconds(30)},
                             clock.now());
    }

    void report(bool ran, bool failed) {
        ActionReport report;
        report.incident = engine.open()[0].id;
        report.ran = ran;
        report.failed = failed;
        engine.note_report(report, clock.now());
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "incident_engine: opens once, stays open while it lasts, closes once") {
    run({full("/srv")}, 3600);
    run({}, 60);
    REQUIRE(told.size() == 2);
    CHECK(told[0].state == IncidentState::Open);
    CHECK(told[0].seq == 0);
    CHECK(told[1].state == IncidentState::Resolved);
    CHECK(told[1].seq == 1);
    CHECK(told[0].id == told[1].id);
    CHECK((told[1].ended - told[1].opened).ns == seconds(3599).ns);
    CHECK(engine.open().empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "incident_engine: forecast, then limit, is one incident that escalates") {
    run({filling("/srv")}, 20);
    run({full("/srv"), filling("/srv")}, 20);
    REQUIRE(told.size() == 2);
    CHECK(told[0].severity == Severity::Warning);
    CHECK(told[1].severity == Severity::Critical);
    CHECK(told[1].id == told[0].id);
    CHECK(told[1].findings[0].condition == "filesystem_full");
    CHECK(told[1].findings.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: other subjects and other kinds are other incidents") {
    Finding inodes = full("/opt");
    inodes.condition = "filesystem_inodes";
    inodes.incident = "filesystem_inodes";
    run({full("/srv"), full("/var"), inodes});
    CHECK(told.size() == 3);
    CHECK(engine.open().size() == 3);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: a gap shorter than calm_for is the same incident") {
    for (int i = 0; i < 10; ++i) {
        run({full("/srv")}, 5);
        run({}, 15);
    }
    CHECK(told.size() == 1);
    CHECK(engine.opened() == 1);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: what is merely notable joins but never opens") {
    Finding odd = full("/srv", Severity::Info);
    odd.condition = "odd_level";
    odd.incident.clear();
    run({odd}, 100);
    CHECK(told.empty());
    run({full("/srv"), odd}, 2);
    REQUIRE(engine.open().size() == 1);
    CHECK(engine.open()[0].findings.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: names the writer once its rate explains the growth") {
    run({filling("/srv")});
    CHECK(told[0].causes.empty());
    ProcessUse writer;
    writer.pid = 42;
    writer.name = "writer";
    writer.write_bytes_per_second = 1048576;
    REQUIRE(evidence.processes.push(writer));
    run({filling("/srv")}, 20);
    REQUIRE(told.size() == 2);
    REQUIRE(told[1].causes.size() == 1);
    CHECK(told[1].causes[0].name == "process:writer");
    CHECK(told[1].causes[0].confidence > 0.9);
    CHECK(told[1].summary.view().find("pid 42") != std::string_view::npos);
    CHECK(evidence.looks == 4);
    CHECK(told[1].advice == "free some space");
    CHECK(told[1].remedy == "clean-disk");
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: a process that explains nothing is not a cause") {
    ProcessUse bystander;
    bystander.name = "editor";
    bystander.write_bytes_per_second = 1000;
    REQUIRE(evidence.processes.push(bystander));
    run({filling("/srv")}, 20);
    CHECK(engine.open()[0].causes.empty());
    CHECK(engine.open()[0].processes.size() == 1);
    REQUIRE(engine.open()[0].considered.size() == 1);  // but it says whom it thought of
    CHECK(engine.open()[0].considered[0].name == "process:editor");
    CHECK_FALSE(engine.open()[0].considered[0].contra.empty());
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: an action is verified by the value it must move") {
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

TEST_CASE_FIXTURE(Fixture, "incident_engine: two remedies in vain and it is a person's") {
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

TEST_CASE_FIXTURE(Fixture, "incident_engine: a refusal is told and is not a failed remedy") {
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

TEST_CASE_FIXTURE(Fixture, "incident_engine: an unknown value after an action is not success") {
    run({full("/srv")}, 2);
    act();
    report(true, false);
    evidence.value = std::nullopt;
    run({full("/srv")}, 40);
    CHECK(told.back().actions.back().state == "ineffective");
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: without `verify` an action helped when it is over") {
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

TEST_CASE_FIXTURE(Fixture, "incident_engine: what the actuator saw afterwards is the answer") {
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

TEST_CASE_FIXTURE(Fixture, "incident_engine (RULES B22): one action that made it worse is enough") {
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

TEST_CASE_FIXTURE(Fixture, "incident_engine (RULES C4): it is not given up while a rung is left") {
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

TEST_CASE_FIXTURE(Fixture, "incident_engine: what waits for a person is told once") {
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

TEST_CASE_FIXTURE(Fixture, "incident_engine: what a person had run meanwhile is in the story") {
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

TEST_CASE_FIXTURE(Fixture,
                  "incident_engine: severity falls when only the milder finding still holds") {
    run({full("/srv"), filling("/srv")}, 10);
    run({filling("/srv")}, 120);
    CHECK(told.back().severity == Severity::Warning);
    CHECK(told.back().peak_severity == Severity::Critical);
    CHECK(told.back().state == IncidentState::Open);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: a full table refuses and counts") {
    std::vector<Finding> all;
    for (int i = 0; i < 40; ++i) {
        FixedString<15> name;
        format_into(name, "/m{}", i);
        all.push_back(full(name));
        run(all);
    }
    CHECK(engine.open().size() == IncidentSettings{}.incidents_max);
    CHECK(engine.refused() >= 40 - IncidentSettings{}.incidents_max);  // tick by tick
}

TEST_CASE_FIXTURE(
    Fixture, "incident_engine: ten thousand findings in a tick are bounded work and one story") {
    std::vector<Finding> many;
    for (int i = 0; i < 10'000; ++i) {
        Finding finding = full("/");
        finding.subject.name.clear();
        format_into(finding.subject.name, "/m{}", i);
        many.push_back(finding);
    }
    run(many, 3);
    REQUIRE(engine.open().size() == 1);
    CHECK(engine.open()[0].findings.full());
    CHECK(engine.open()[0].findings_dropped > 9'000);
    CHECK(engine.findings_dropped() > 9'000);
    CHECK(engine.refused() == 0);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: what memory brings about is one fault with it") {
    Finding stall = about("memory_exhausted", "memory_stall");
    Finding kill = about("oom_kill", "oom_kill");
    Finding cpu = about("cpu_saturation", "cpu_stalled");
    Finding disk = full("/srv");
    run({stall}, 5);
    run({stall, kill, cpu, disk}, 5);
    REQUIRE(engine.open().size() == 2);  // the disk's is another one
    CHECK(engine.open()[0].kind == "memory_exhausted");
    CHECK(engine.open()[0].findings.size() == 3);
    CHECK(engine.open()[0].severity == Severity::Error);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: independent faults at the same moment are two") {
    run({full("/srv"), about("cpu_saturation", "cpu_stalled"), full("/var")}, 10);
    CHECK(engine.open().size() == 3);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: two mounts of one device are one fault") {
    evidence.devices = {{"/srv", "vda"}, {"/var", "vda"}, {"/home", "vdb"}};
    run({full("/srv")}, 3);
    run({full("/srv"), full("/var"), full("/home")}, 3);
    CHECK(engine.open().size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: one culprit of two kinds of trouble is one fault") {
    ProcessUse hog;
    hog.pid = 7;
    hog.name = "hog";
    hog.share = 0.9;
    hog.cpu_ratio = 1.8;
    REQUIRE(evidence.processes.push(hog));
    run({about("cpu_saturation", "cpu_stalled")}, 5);
    run({about("cpu_saturation", "cpu_stalled"), about("disk_saturation", "io_stall")}, 5);
    REQUIRE(engine.open().size() == 1);
    CHECK(engine.open()[0].causes[0].name == "process:hog");
    CHECK(engine.open()[0].findings.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: what comes back soon is the same one, flapping") {
    run({full("/srv")}, 30);
    const IncidentId id = engine.open()[0].id;
    for (int i = 0; i < 4; ++i) {
        run({}, 400);
        run({full("/srv")}, 5);
    }
    CHECK(engine.opened() > 1);  // after a long calm it is a new one
    told.clear();
    run({}, 30);
    run({full("/srv")}, 5);
    run({}, 60);
    run({full("/srv")}, 5);
    REQUIRE(engine.open().size() == 1);
    CHECK(engine.open()[0].flaps == 2);
    CHECK_FALSE(engine.open()[0].id == id);
    CHECK(engine.open()[0].notes[0].kind == NoteKind::Flap);
    run({}, 70);
    CHECK(engine.open().size() == 1);  // each time it has to be calm for longer
    run({}, 20);
    CHECK(told.back().state == IncidentState::Resolved);
    for (std::size_t i = 1; i < told.size(); ++i) CHECK(told[i].seq == told[i - 1].seq + 1);
}

TEST_CASE_FIXTURE(Fixture,
                  "incident_engine: a source that falls silent neither ends nor worsens it") {
    run({full("/srv", Severity::Warning)}, 5);
    Finding silent = full("/srv", Severity::Critical);
    silent.source_silent = true;
    run({silent}, 60);
    REQUIRE(engine.open().size() == 1);
    CHECK(engine.open()[0].uncertain);
    CHECK(engine.open()[0].severity == Severity::Warning);
    evidence.value = std::nullopt;
    run({}, 4000);  // nobody speaks of it any more, and nobody measures it
    REQUIRE(engine.open().size() == 1);
    CHECK(engine.open()[0].summary.view().find("no longer measured") != std::string_view::npos);
    evidence.value = 0.2;
    run({}, 60);
    CHECK(engine.open().empty());
    CHECK(told.back().state == IncidentState::Resolved);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: what was true once opens nothing") {
    Finding silent = full("/srv");
    silent.source_silent = true;
    run({silent}, 100);
    CHECK(told.empty());
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: a gap is nobody's calm") {
    run({full("/srv")}, 5);
    clock.advance(hours(8));
    run({}, 10);
    REQUIRE(engine.open().size() == 1);
    CHECK(engine.open()[0].notes[0].kind == NoteKind::Source);
    run({full("/srv")}, 5);
    run({}, 30);
    CHECK(told.back().state == IncidentState::Resolved);
    CHECK(engine.opened() == 1);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: a clock that is set is told, and changes nothing") {
    run({full("/srv")}, 5);
    clock.step_wall_clock(hours(-30));
    run({full("/srv")}, 5);
    REQUIRE(engine.open().size() == 1);
    CHECK(engine.open()[0].notes[0].text == "the wall clock was set back by 30.0 h");
    run({}, 30);
    CHECK(told.back().state == IncidentState::Resolved);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: events join the stories that they concern") {
    Event change;
    change.at = clock.now();
    change.kind = EventKind::PackageChanged;
    change.object = "nginx";
    change.text = "package nginx 1.22 -> 1.24";
    engine.note(change);
    clock.advance(seconds(20));
    Finding failed = about("service_failed", "unit_failed");
    failed.subject = {SubjectKind::Unit, "nginx.service"};
    Finding errors = full("/srv");
    errors.incident = "filesystem_errors";
    run({failed, errors}, 2);
    REQUIRE(engine.open().size() == 2);
    const Incident& service = engine.open()[0];
    REQUIRE_FALSE(service.causes.empty());
    CHECK(service.causes[0].name == "change:nginx");
    CHECK(service.notes[0].kind == NoteKind::Change);
    Event error;
    error.at = clock.now();
    error.kind = EventKind::FilesystemError;
    error.text = "EXT4-fs error (device vda)";
    engine.note(error);
    CHECK(engine.open()[1].notes.back().kind == NoteKind::Kernel);
    CHECK(engine.open()[0].notes.size() == 1);
}

TEST_CASE_FIXTURE(Fixture,
                  "incident_engine: a silence holds back, and what still holds opens after it") {
    Preferences preferences;
    Silence silence;
    silence.kind = "filesystem_space";
    silence.until_unix_ns = (clock.now() + minutes(10)).unix_ns;
    REQUIRE(preferences.silences.push(silence));
    engine.set_preferences(preferences);
    run({full("/srv")}, 590);
    CHECK(told.empty());
    CHECK(engine.findings_held_back() == 590);
    run({full("/srv")}, 20);
    CHECK(told.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: a restart continues the incident under its id") {
    run({full("/srv")}, 10);
    const Incident before = engine.open()[0];
    IncidentEngine after{IncidentSettings{}};
    clock.advance(minutes(10));
    REQUIRE(after.restore(before, clock.now()));
    std::vector<Incident> later;
    for (int i = 0; i < 10; ++i) {
        for (const Incident& incident : after.run({}, clock.now(), evidence)) {
            later.push_back(incident);
        }
        clock.advance(seconds(1));
    }
    CHECK(later.empty());
    std::vector<Finding> still{full("/srv")};
    after.run(still, clock.now(), evidence);
    REQUIRE(after.open().size() == 1);
    CHECK(after.open()[0].id == before.id);
    CHECK(after.open()[0].onset.unix_ns == before.onset.unix_ns);
}

TEST_CASE_FIXTURE(Fixture, "incident_engine: after start-up a tick allocates nothing") {
    const std::vector<Finding> findings{full("/srv"), filling("/srv")};
    const std::vector<Finding> none;
    const AllocationGuard guard;
    for (int i = 0; i < 1000; ++i) {
        engine.run(i % 100 < 50 ? findings : none, clock.now(), evidence);
        clock.advance(seconds(1));
    }
    CHECK(guard.count() == 0);
    CHECK(engine.opened() == 1);
}

TEST_CASE("incident_engine: the same seed gives the same incidents, byte for byte") {
    const auto ids = [](std::uint64_t seed) {
        test::ManualClock clock;
        FakeEvidence evidence;
        IncidentSettings settings;
        settings.seed = seed;
        IncidentEngine engine(settings);
        const std::vector<Finding> findings{full("/a"), full("/b")};
        engine.run(findings, clock.now(), evidence);
        return std::pair(engine.open()[0].id, engine.open()[1].id);
    };
    CHECK(ids(1) == ids(1));
    CHECK(ids(1) != ids(2));
    CHECK(ids(1).first != ids(1).second);
}
