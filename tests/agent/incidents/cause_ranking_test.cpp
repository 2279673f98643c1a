#include "agent/incidents/cause_ranking.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

constexpr Instant kOnset{.monotonic_ns = hours(50).ns, .unix_ns = 1'795'176'000LL * 1'000'000'000};

Incident about(std::string_view kind, Subject subject = {}) {
    Incident incident;
    incident.kind = kind;
    incident.subject = subject;
    incident.onset = kOnset;
    return incident;
}

Incident filling() {
    Incident incident = about("filesystem_space", {SubjectKind::Mount, "/srv"});
    Finding forecast;
    forecast.kind = FindingKind::Forecast;
    forecast.rate_per_second = 1048576;
    REQUIRE(incident.findings.push(forecast));
    return incident;
}

ProcessUse process(std::string_view name, double share) {
    ProcessUse use;
    use.pid = 42;
    use.start_ticks = 100;  // long ago
    use.name = name;
    use.share = share;
    use.cpu_ratio = share * 2;
    return use;
}

ProcessUse writer(std::string_view name, double rate) {
    ProcessUse use = process(name, 0);
    use.write_bytes_per_second = rate;
    return use;
}

Event change(EventKind kind, std::string_view object, Duration before) {
    Event event;
    event.kind = kind;
    event.object = object;
    event.text = object;
    event.at = {.monotonic_ns = kOnset.monotonic_ns - before.ns,
                .unix_ns = kOnset.unix_ns - before.ns};
    return event;
}

RankedCauses rank(const Incident& incident, std::initializer_list<Event> events = {}) {
    EventHistory history;
    for (const Event& event : events) history.note(event);
    return rank_causes(incident, history, 0.5);
}

}  // namespace

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

TEST_CASE("causes: a change that only came before is considered, never named") {
    const auto ranked =
        rank(about("cpu_saturation"), {change(EventKind::FileChanged, "/etc/motd", seconds(1))});
    CHECK(ranked.causes.empty());
    REQUIRE(ranked.considered.size() == 1);
    CHECK(ranked.considered[0].name == "change:/etc/motd");
    CHECK(ranked.considered[0].contra == "nothing but the time connects them");
}

TEST_CASE("causes: a change that names the failed service is its cause, the nearer the surer") {
    const Incident incident = about("service_failed", {SubjectKind::Unit, "nginx.service"});
    const auto near =
        rank(incident, {change(EventKind::FileChanged, "/etc/nginx/nginx.conf", seconds(20))});
    REQUIRE_FALSE(near.causes.empty());
    CHECK(near.causes[0].name == "change:/etc/nginx/nginx.conf");
    const auto far =
        rank(incident, {change(EventKind::FileChanged, "/etc/nginx/nginx.conf", minutes(12))});
    CHECK((far.causes.empty() || far.causes[0].name == "unit:nginx.service"));
    const auto old =
        rank(incident, {change(EventKind::FileChanged, "/etc/nginx/nginx.conf", minutes(30))});
    REQUIRE(old.considered.size() == 1);
    CHECK(old.considered[0].name == "unit:nginx.service");
}

TEST_CASE("causes: our own helper that starts because of it is not what caused it") {
    const Incident incident = about("service_failed", {SubjectKind::Unit, "web.service"});
    const auto ranked =
        rank(incident, {change(EventKind::UnitStarted, "homeostat-actuator.service", seconds(1))});
    for (const Cause& cause : ranked.considered) {
        CAPTURE(cause.name.c_str());
        CHECK(cause.text.view().find("homeostat") == std::string_view::npos);
    }
}

TEST_CASE("causes: the kernel's word counts: the victim of a memory kill, the failing disk") {
    Event kill = change(EventKind::OomKill, "leaky", seconds(-1));
    kill.text = "killed process 812 (leaky)";
    const auto memory = rank(about("oom_kill"), {kill});
    REQUIRE_FALSE(memory.causes.empty());
    CHECK(memory.causes[0].name == "process:leaky");
    const auto disk = rank(about("disk_errors", {SubjectKind::Device, "sdb"}),
                           {change(EventKind::IoError, "sdb", seconds(1))});
    REQUIRE_FALSE(disk.causes.empty());
    CHECK(disk.causes[0].name == "device:sdb");
}

TEST_CASE("causes: the kernel's own victim goes before whoever holds most") {
    Event kill = change(EventKind::OomKill, "victim", seconds(-1));
    kill.text = "killed process 812 (victim)";
    for (const char* kind : {"oom_kill", "memory_exhausted", "memory_leak"}) {
        CAPTURE(kind);
        Incident incident = about(kind);
        REQUIRE(incident.processes.push(process("largest", 1.0)));
        const auto ranked = rank(incident, {kill});
        REQUIRE(ranked.causes.size() == 2);
        CHECK(ranked.causes[0].name == "process:victim");
    }
}

TEST_CASE("causes: who uses a tenth of a core saturates no processor") {
    Incident incident = about("cpu_saturation");
    ProcessUse small = process("nginx", 1.0);
    small.cpu_ratio = 0.1;
    REQUIRE(incident.processes.push(small));
    CHECK(rank(incident).causes.empty());
    CHECK(rank(incident).considered.size() == 1);
}

TEST_CASE("causes: who holds deleted files is sure as far as they are what fills the disk") {
    Event holds = change(EventKind::DeletedFilesHeld, "holder", seconds(1));
    holds.subject = {SubjectKind::Mount, "/srv"};
    struct Row {
        double held;
        bool named;
    };
    for (const Row& row : {Row{0.8, true}, Row{0.4, true}, Row{0.1, false}, Row{0, false}}) {
        CAPTURE(row.held);
        Incident incident = about("filesystem_space", holds.subject);
        Finding used;
        used.metric = "filesystem_used_ratio";
        used.value = 0.9;
        Finding held;
        held.metric = "filesystem_deleted_open_bytes";
        held.value = row.held;
        REQUIRE(incident.findings.push(used));
        REQUIRE(incident.findings.push(held));
        CHECK(rank(incident, {holds}).causes.empty() == !row.named);
        incident.subject.name = "/other";
        CHECK(rank(incident, {holds}).considered.empty());
    }
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

TEST_CASE("causes: what uses the processor says little about the network") {
    Incident incident = about("network_loss");
    REQUIRE(incident.processes.push(process("busy", 0.9)));
    const auto ranked = rank(incident);
    CHECK(ranked.causes.empty());
    REQUIRE(ranked.considered.size() == 1);
    CHECK_FALSE(ranked.considered[0].contra.empty());
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
