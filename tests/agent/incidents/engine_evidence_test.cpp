#include <doctest/doctest.h>

#include "tests/agent/incidents/engine_rig.hpp"

using namespace homeostat;
using namespace homeostat::test;

TEST_CASE("engine evidence: where a file system grew is asked for until it is known, then named") {
    EngineRig rig;
    rig.evidence.grown.reset();  // the search goes on
    const Finding finding = full("/srv");
    rig.run({finding});
    REQUIRE(rig.told.size() == 1);
    CHECK(rig.told[0].causes.empty());
    const int asked = rig.evidence.grown_asked;
    CHECK(asked >= 1);
    GrownPlace place;
    place.path = "/srv/in";
    place.files = 7;
    place.bytes = 1e9;
    place.share = 1;
    place.of_used = 0.5;
    rig.evidence.grown = place;
    for (int i = 0; i < 5; ++i) rig.run({finding});
    CHECK(rig.evidence.grown_asked == asked + 1);
    const Incident& told = rig.told.back();
    REQUIRE_FALSE(told.causes.empty());
    CHECK(told.causes[0].name == "directory:/srv/in");
}

TEST_CASE("engine evidence: nothing grew where nothing fills up") {
    EngineRig rig;
    rig.run({about("cpu_saturation", "cpu_saturated")});
    CHECK(rig.evidence.grown_asked == 0);
}

TEST_CASE("engine evidence: the other end of the sockets is kept with who holds them") {
    EngineRig rig;
    ProcessUse caller;
    caller.name = "caller";
    caller.share = 1;
    caller.sockets = 40;
    REQUIRE(rig.evidence.processes.push(caller));
    rig.evidence.other_end = {"198.18.77.2", 1.0};
    rig.run({about("network_unreachable", "connects_time_out")});
    REQUIRE(rig.told.size() == 1);
    REQUIRE(rig.told[0].causes.size() == 2);
    CHECK(rig.told[0].causes[0].name == "peer:198.18.77.2");
    // The same process runs out of descriptors: one fault.
    Finding files = about("file_handles", "process_leaks_files");
    files.subject = {SubjectKind::Process, "caller"};
    rig.run({about("network_unreachable", "connects_time_out"), files});
    CHECK(rig.engine.open().size() == 1);
}

TEST_CASE("engine evidence: one that comes back is looked at again: it may be somebody else") {
    EngineRig rig;
    const Finding busy = about("cpu_saturation", "cpu_saturated");
    ProcessUse first;
    first.name = "first";
    first.share = 1;
    first.cpu_ratio = 2;
    REQUIRE(rig.evidence.processes.push(first));
    rig.run({busy}, 20);
    CHECK(rig.told.back().causes[0].name == "process:first");
    rig.run({}, 60);
    REQUIRE(rig.engine.open().empty());
    // Nobody stands out at once: until somebody does, it is told as the last time.
    rig.evidence.processes.clear();
    rig.run({busy});
    REQUIRE(rig.engine.open().size() == 1);
    CHECK(rig.engine.open()[0].flaps == 1);
    CHECK(rig.engine.open()[0].causes[0].name == "process:first");
    first.name = "second";
    first.share = 0.6;  // less sure than the first was
    REQUIRE(rig.evidence.processes.push(first));
    rig.run({busy}, 20);
    CHECK(rig.engine.open()[0].causes[0].name == "process:second");
    CHECK(rig.told.back().causes[0].name == "process:second");
}

TEST_CASE("engine evidence: a change that is heard of late is weighed, and the new cause is told") {
    EngineRig rig;
    Finding failed = about("service_failed", "unit_failed");
    failed.subject = {SubjectKind::Unit, "nginx.service"};
    const Instant before = rig.clock.now();
    rig.clock.advance(seconds(2));
    failed.since = rig.clock.now();
    rig.run({failed}, 25);  // the last look is over
    REQUIRE(rig.told.size() == 1);
    REQUIRE_FALSE(rig.told[0].causes.empty());
    CHECK(rig.told[0].causes[0].name == "unit:nginx.service");
    // A walk over many files takes its time.
    Event change;
    change.at = before;
    change.kind = EventKind::FileChanged;
    change.object = "/etc/nginx/nginx.conf";
    change.text = "/etc/nginx/nginx.conf was changed";
    rig.engine.note(change);
    rig.run({failed});
    REQUIRE(rig.told.size() == 2);
    CHECK(rig.told[1].causes[0].name == "change:/etc/nginx/nginx.conf");
    REQUIRE_FALSE(rig.told[1].notes.empty());
    CHECK(rig.told[1].notes[0].text == change.text.view());
    // What happened after it had opened did not bring it about.
    change.at = rig.clock.now();
    change.object = "/etc/nginx/mime.types";
    rig.engine.note(change);
    rig.run({failed}, 3);
    CHECK(rig.told.size() == 2);
}

TEST_CASE("engine evidence: that another is more likely to have done it is told at once") {
    EngineRig rig;
    ProcessUse some;
    some.name = "bystander";
    some.share = 0.5;
    some.cpu_ratio = 1;
    REQUIRE(rig.evidence.processes.push(some));
    const Finding busy = about("cpu_saturation", "cpu_saturated");
    rig.run({busy});
    REQUIRE(rig.told.size() == 1);
    CHECK(rig.told[0].causes[0].name == "process:bystander");
    rig.evidence.processes.clear();
    some.name = "culprit";
    some.share = 1;
    REQUIRE(rig.evidence.processes.push(some));
    rig.run({busy}, 5);
    REQUIRE(rig.told.size() == 2);
    CHECK(rig.told[1].causes[0].name == "process:culprit");
}

TEST_CASE(
    "engine evidence: a flooded log and a file system that fills up elsewhere are two faults") {
    EngineRig rig;
    rig.evidence.devices = {{"/var/log/app.log", "sda2"}, {"/var", "sda2"}};
    Finding flood = about("log_flood", "log_flood");
    flood.subject = {SubjectKind::Target, "/var/log/app.log"};
    rig.run({flood}, 3);
    REQUIRE(rig.engine.open().size() == 1);
    rig.run({flood, filling("/srv")});
    CHECK(rig.engine.open().size() == 2);
    rig.run({flood, filling("/srv"), filling("/var")});
    CHECK(rig.engine.open().size() == 2);
}

TEST_CASE("engine evidence: of one that came back it counts when it began again") {
    EngineRig rig;
    const auto at = [&](Finding finding) {
        finding.since = rig.clock.now();
        return finding;
    };
    rig.run({at(about("network_unreachable", "connects_time_out"))});
    rig.run({}, 120);
    REQUIRE(rig.engine.open().empty());
    rig.run({at(about("network_unreachable", "connects_time_out"))});
    REQUIRE(rig.engine.open().size() == 1);
    CHECK(rig.engine.open()[0].flaps == 1);
    rig.clock.advance(seconds(2));
    rig.run({at(about("network_loss", "tcp_retransmits"))});
    CHECK(rig.engine.open().size() == 1);
}
