#include "tests/agent/incidents/cause_rig.hpp"

using namespace homeostat;
using namespace homeostat::test;

TEST_CASE("causes: a writer's confidence follows its share and the growth that it explains") {
    struct Row {
        double first;
        double second;
        std::size_t causes;
    };
    for (const Row& row : {Row{1048576, 0, 1}, Row{1048576, 100000, 1}, Row{500000, 500000, 0},
                           Row{1000, 0, 0}, Row{0, 0, 0}}) {
        CAPTURE(row.first);
        CAPTURE(row.second);
        Incident incident = filling();
        REQUIRE(incident.processes.push(writer("a", row.first)));
        REQUIRE(incident.processes.push(writer("b", row.second)));
        CHECK(rank(incident).causes.size() == row.causes);
    }
}

TEST_CASE("causes: who uses most is named when it stands out, and not when three share") {
    Incident incident = about("cpu_saturation");
    REQUIRE(incident.processes.push(process("hog", 0.8)));
    REQUIRE(incident.processes.push(process("sshd", 0.1)));
    const RankedCauses clear = rank(incident);
    REQUIRE(clear.causes.size() == 1);
    CHECK(clear.causes[0].name == "process:hog");
    CHECK_FALSE(clear.causes[0].pro.empty());
    CHECK(clear.considered.size() == 2);

    Incident shared = about("cpu_saturation");
    for (const auto* name : {"a", "b", "c"}) REQUIRE(shared.processes.push(process(name, 0.3)));
    CHECK(rank(shared).causes.empty());
    CHECK(rank(shared).considered.size() == 3);
}

TEST_CASE("causes: starting as it began speaks for a process, having run for hours against it") {
    ProcessUse fresh = process("fresh", 0.4);
    fresh.start_ticks = static_cast<std::uint64_t>((hours(50) - seconds(4)).seconds() * 100);
    Incident incident = about("cpu_saturation");
    REQUIRE(incident.processes.push(process("old", 0.45)));
    REQUIRE(incident.processes.push(fresh));
    const auto ranked = rank(incident);
    CHECK(ranked.considered[0].name == "process:fresh");
    CHECK(ranked.considered[0].pro.view().find("started just before") != std::string_view::npos);
    CHECK(ranked.considered[1].contra.view().find("before") != std::string_view::npos);
}

TEST_CASE("causes: who uses a tenth of a core saturates no processor") {
    Incident incident = about("cpu_saturation");
    ProcessUse small = process("nginx", 1.0);
    small.cpu_ratio = 0.1;
    REQUIRE(incident.processes.push(small));
    CHECK(rank(incident).causes.empty());
    CHECK(rank(incident).considered.size() == 1);
}

TEST_CASE("causes: inodes are made by whoever works there, a broken file system by nobody") {
    Incident inodes = about("filesystem_inodes", {SubjectKind::Mount, "/few"});
    REQUIRE(inodes.processes.push(process("touchy", 0.9)));
    REQUIRE(inodes.processes.push(process("shell", 0.1)));
    REQUIRE(rank(inodes).causes.size() == 1);
    CHECK(rank(inodes).causes[0].name == "process:touchy");
    for (const char* kind :
         {"filesystem_read_only", "filesystem_errors", "mount_hung", "mount_missing"}) {
        CAPTURE(kind);
        Incident broken = about(kind, {SubjectKind::Mount, "/few"});
        REQUIRE(broken.processes.push(writer("writer", 1e6)));
        const auto ranked = rank(broken);
        REQUIRE(ranked.causes.size() == 1);
        CHECK(ranked.causes[0].name == "mount:/few");
    }
}

TEST_CASE("causes: who runs into its own limit is the one to look at") {
    Incident incident = about("file_handles", {SubjectKind::Process, "leaky"});
    ProcessUse leaky = process("leaky", 0);
    leaky.open_files = 1000;
    REQUIRE(incident.processes.push(leaky));
    const auto ranked = rank(incident);
    REQUIRE(ranked.causes.size() == 1);
    CHECK(ranked.causes[0].text == "leaky (pid 42) holds 1000 open files");
    CHECK(ranked.causes[0].confidence > 0.9);
}

TEST_CASE("causes: whose children they are is told by what it started, or does not collect") {
    Incident incident = about("zombies");
    ProcessUse parent = process("forgetful", 0.9);
    parent.namesakes = 150;  // its children: a parent is told without a count of threads
    REQUIRE(incident.processes.push(parent));
    auto ranked = rank(incident);
    REQUIRE(ranked.causes.size() == 1);
    CHECK(ranked.causes[0].name == "process:forgetful");
    CHECK(ranked.causes[0].text == "forgetful (pid 42) does not collect its 150 dead children");
    CHECK(ranked.causes[0].pro == "90 % of them are its children");
    incident.kind = "process_storm";
    CHECK(rank(incident).causes[0].text == "forgetful (pid 42) started 150 processes");
    incident.processes[0].namesakes = 1;  // a shell that is there is no crowd
    incident.processes[0].threads = 1;
    incident.processes[0].cpu_ratio = 0;
    CHECK(rank(incident).causes.empty());
    incident.processes[0].namesakes = 150;
    incident.processes[0].threads = 150;
    CHECK(rank(incident).causes[0].text == "forgetful (pid 42): 150 processes");
}

TEST_CASE("causes: who waits in the kernel, and who was stopped, is named with what that means") {
    Incident stuck = about("stuck_tasks", {SubjectKind::Process, "worker"});
    REQUIRE(stuck.processes.push(process("worker", 0)));
    REQUIRE(rank(stuck).causes.size() == 1);
    CHECK(rank(stuck).causes[0].confidence < 0.8);  // what it waits for is not known
    Incident stopped = about("service_stuck", {SubjectKind::Process, "worker"});
    REQUIRE(rank(stopped).causes.size() == 1);
    CHECK(rank(stopped).causes[0].pro.view().find("signal") != std::string_view::npos);
}

TEST_CASE("causes: what uses the processor says little about the network") {
    Incident incident = about("network_loss");
    REQUIRE(incident.processes.push(process("busy", 0.9)));
    const auto ranked = rank(incident);
    CHECK(ranked.causes.empty());
    REQUIRE(ranked.considered.size() == 1);
    CHECK_FALSE(ranked.considered[0].contra.empty());
}

TEST_CASE(
    "causes: who holds most of all open files is named when the whole host runs out of them") {
    Incident incident = about("file_handles");
    ProcessUse hoarder = process("hoarder", 0.8);
    hoarder.open_files = 5800;
    REQUIRE(incident.processes.push(hoarder));
    const auto ranked = rank(incident);
    REQUIRE(ranked.causes.size() == 1);
    CHECK(ranked.causes[0].name == "process:hoarder");
}

TEST_CASE("causes: who has the sockets in question is named, with what waits in them") {
    ProcessUse holder = process("slow-server", 1);
    holder.sockets = 129;
    for (const auto& [kind, text] : {std::pair{"listen_overflow", "does not accept, 129 wait"},
                                     std::pair{"udp_overflow", "129 datagrams lost"},
                                     std::pair{"traffic_fan_out", "an answer to 129 connects"},
                                     std::pair{"socket_memory", "129 B waiting"},
                                     std::pair{"conntrack_full", "has 129 connections"}}) {
        CAPTURE(kind);
        Incident incident = about(kind);
        REQUIRE(incident.processes.push(holder));
        const auto ranked = rank(incident);
        REQUIRE(ranked.causes.size() == 1);
        CHECK(ranked.causes[0].name == "process:slow-server");
        CHECK(ranked.causes[0].text.view().find(text) != std::string_view::npos);
    }
}

TEST_CASE("causes: who asks far more than ever is the cause, whoever does not answer") {
    Incident incident = about("network_unreachable");
    ProcessUse asking = process("scanner", 1);
    asking.sockets = 500;
    REQUIRE(incident.processes.push(asking));
    incident.peer = "198.18.77.2";
    incident.peer_share = 1;
    Finding fan_out;
    fan_out.incident = "traffic_fan_out";
    REQUIRE(incident.findings.push(fan_out));
    const auto ranked = rank(incident);
    REQUIRE(ranked.causes.size() == 2);
    CHECK(ranked.causes[0].name == "process:scanner");
}

TEST_CASE("causes: files in memory go before the process that happens to hold most") {
    Incident incident = about("oom_kill");
    REQUIRE(incident.processes.push(process("mysqld", 0.4)));
    incident.grown.path = "/dev/shm/cache";
    incident.grown.is_file = true;
    incident.grown.bytes = 3e9;
    incident.grown.share = 1;
    incident.grown.of_used = 0.7;
    Event kill = change(EventKind::OomKill, "mysqld", seconds(1));
    kill.subject = {SubjectKind::Process, "mysqld"};
    const auto ranked = rank(incident, {kill});
    REQUIRE_FALSE(ranked.causes.empty());
    CHECK(ranked.causes[0].name == "file:/dev/shm/cache");
    CHECK(ranked.causes[0].text.view().find("which is memory") != std::string_view::npos);
    // Of a small part of it the kernel knows better.
    incident.grown.of_used = 0.2;
    CHECK(rank(incident, {kill}).causes[0].name == "process:mysqld");
    // Who writes it goes first of all.
    incident.grown.of_used = 0.7;
    incident.processes[0] = process("filler", 1);
    incident.processes[0].start_ticks = 50 * 360'000 - 500;  // five seconds before the onset
    incident.processes[0].open_files = 1;
    incident.processes[0].write_bytes_per_second = 5e7;
    const auto writing = rank(incident, {kill});
    CHECK(writing.causes[0].name == "process:filler");
    CHECK(writing.causes[0].text.view().find("to a tmpfs") != std::string_view::npos);
}

TEST_CASE("causes: of connects without an answer the silent end is blamed before who asks") {
    Incident incident = about("network_unreachable");
    ProcessUse asking = process("curl", 1);
    asking.sockets = 30;
    REQUIRE(incident.processes.push(asking));
    incident.peer = "198.18.77.2";
    incident.peer_share = 1;
    const auto one = rank(incident);
    REQUIRE(one.causes.size() == 2);
    CHECK(one.causes[0].name == "peer:198.18.77.2");
    CHECK(one.causes[1].name == "process:curl");
    incident.peer_share = 0.05;  // they go everywhere: no single end is silent
    const auto many = rank(incident);
    REQUIRE(many.causes.size() == 1);
    CHECK(many.causes[0].name == "process:curl");
    incident.kind = "traffic_fan_out";  // of that the other ends are never the cause
    incident.peer_share = 1;
    CHECK(rank(incident).considered.size() == 1);
    // A single connect may be there by chance.
    incident.processes[0].sockets = 1;
    CHECK(rank(incident).considered[0].confidence < 0.6);
}

TEST_CASE("causes: where it grew is named when nobody writes, and second to who does") {
    Incident incident = filling();
    incident.grown.path = "/srv/spool/in";
    incident.grown.bytes = 3.0 * 1024 * 1024;
    incident.grown.share = 0.95;
    incident.grown.of_used = 0.4;
    const auto alone = rank(incident);
    REQUIRE(alone.causes.size() == 1);
    CHECK(alone.causes[0].name == "directory:/srv/spool/in");
    CHECK(alone.causes[0].text == "3.0 MiB new in /srv/spool/in");
    REQUIRE(incident.processes.push(writer("filler", 1048576)));
    const auto with_writer = rank(incident);
    REQUIRE(with_writer.causes.size() == 2);
    CHECK(with_writer.causes[0].name == "process:filler");
    // What grew a little did not fill it.
    incident.processes.clear();
    incident.grown.of_used = 0.001;
    CHECK(rank(incident).causes.empty());
}

TEST_CASE("causes: of a long path the end is told") {
    Incident incident = about("filesystem_inodes", {SubjectKind::Mount, "/srv"});
    incident.grown.path = "/srv/a-long-name-of-a-directory/another-long-one/sessions/in";
    incident.grown.files = 4000;
    incident.grown.share = incident.grown.of_used = 1;
    const auto ranked = rank(incident);
    REQUIRE(ranked.causes.size() == 1);
    CHECK(ranked.causes[0].name == "directory:.../another-long-one/sessions/in");
    CHECK(ranked.causes[0].text ==
          "4000 new files in /srv/a-long-name-of-a-directory/another-long-one/sessions/in");
    incident.grown.is_file = true;
    const std::string no_end = "/" + std::string(80, 'x');
    incident.grown.path.assign(no_end);
    CHECK(rank(incident).causes[0].name == "file:..." + std::string(39, 'x'));
}

TEST_CASE("causes: a crowd of events and empty names do no harm") {
    EventHistory history;
    for (int i = 0; i < 500; ++i) {
        FixedString<31> name;
        format_into(name, "file{}", i);
        history.note(change(EventKind::FileChanged, i % 3 == 0 ? std::string_view{} : name.view(),
                            seconds(500 - i)));
    }
    const auto ranked = rank_causes(about(""), history, 0.5);
    CHECK(ranked.causes.empty());
    CHECK(ranked.considered.size() == 3);
    for (const Cause& cause : ranked.considered) {
        CHECK(cause.confidence > 0);
        CHECK(cause.confidence < 1);
    }
}
