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
