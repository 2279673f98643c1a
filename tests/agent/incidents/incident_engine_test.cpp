#include "agent/incidents/incident_engine.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/agent/incidents/engine_rig.hpp"

using namespace homeostat;
using test::about;
using test::filling;
using test::full;

namespace {

using Fixture = test::EngineRig;

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
        test::FakeEvidence evidence;
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
