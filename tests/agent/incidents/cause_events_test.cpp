#include "tests/agent/incidents/cause_rig.hpp"

using namespace homeostat;
using namespace homeostat::test;

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

TEST_CASE("causes: a name is a word, not some letters of another one") {
    struct Row {
        const char* unit;
        const char* path;
        bool named;
    };
    for (const Row& row :
         {Row{"data.mount", "/etc/metadata.conf", false}, Row{"data.mount", "/etc/database", false},
          Row{"data.mount", "/etc/netdata.conf", false}, Row{"data.mount", "/srv/data/x", true},
          Row{"mysqld.service", "/etc/mysqld8.cnf", true},
          Row{"postgres.service", "/etc/postgresql/postgresql.conf", true},
          Row{"nginx.service", "nginx", true},
          Row{"data.mount", "/etc/metadata/data.conf", true}}) {
        CAPTURE(row.unit);
        CAPTURE(row.path);
        const auto ranked = rank(about("service_failed", {SubjectKind::Unit, row.unit}),
                                 {change(EventKind::FileChanged, row.path, seconds(20))});
        bool named = false;
        for (const Cause& cause : ranked.causes) named |= cause.name.view().starts_with("change:");
        CHECK(named == row.named);
    }
}

TEST_CASE("causes: that the one who leads began to listen has not filled the disk") {
    Incident incident = about("filesystem_space", {SubjectKind::Mount, "/srv"});
    REQUIRE(incident.processes.push(process("webd", 0.2)));
    Event opened = change(EventKind::PortOpened, "tcp 8080", seconds(5));
    opened.text = "webd listens on tcp 8080";
    for (const Cause& cause : rank(incident, {opened}).considered) {
        if (cause.name.view().starts_with("change:")) CHECK(cause.confidence < 0.5);
    }
}

TEST_CASE("causes: that a failed service listens no more is no cause, the edit before it is") {
    const Incident incident = about("service_failed", {SubjectKind::Unit, "nginx.service"});
    Event closed = change(EventKind::PortClosed, "tcp/80", seconds(-2));
    closed.subject = incident.subject;
    closed.text = "nginx (pid 42, nginx.service) listens no more on tcp port 80";
    const auto ranked = rank(
        incident, {change(EventKind::FileChanged, "/etc/nginx/nginx.conf", seconds(2)), closed});
    REQUIRE(ranked.causes.size() >= 1);
    CHECK(ranked.causes[0].name == "change:/etc/nginx/nginx.conf");
    for (const Cause& cause : ranked.causes) CHECK(cause.name != "change:tcp/80");
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

TEST_CASE("causes: a disk breaks by itself, not by who uses it") {
    for (const char* kind : {"disk_errors", "disk_degraded", "filesystem_errors"}) {
        CAPTURE(kind);
        Incident incident = about(kind, {SubjectKind::Device, "sdb"});
        REQUIRE(incident.processes.push(process("backup", 1.0)));
        const auto ranked = rank(incident, {change(EventKind::IoError, "sdb", seconds(1))});
        REQUIRE(ranked.causes.size() == 1);
        CHECK(ranked.causes[0].name == "device:sdb");
    }
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

TEST_CASE("causes: a flooded log leads to the unit that writes it, a file at least to its name") {
    Event burst = change(EventKind::LogBurst, "chatter.service #12", seconds(1));
    burst.subject = {SubjectKind::Unit, "chatter.service"};
    const auto of_unit = rank(about("log_flood", burst.subject), {burst});
    REQUIRE_FALSE(of_unit.causes.empty());
    CHECK(of_unit.causes[0].name == "unit:chatter.service");
    CHECK(of_unit.causes[0].confidence > 0.8);

    burst = change(EventKind::LogBurst, "/var/log/app.log #3", seconds(1));
    burst.subject = {SubjectKind::Target, "/var/log/app.log"};
    Incident incident = about("log_flood", burst.subject);
    ProcessUse flooder = writer("flooder", 130'000);
    flooder.open_files = 1;
    REQUIRE(incident.processes.push(flooder));
    const auto of_file = rank(incident, {burst});
    REQUIRE(of_file.causes.size() == 2);
    CHECK(of_file.causes[0].name == "process:flooder");
    CHECK(of_file.causes[0].confidence > 0.8);
    CHECK(of_file.causes[1].name == "log:/var/log/app.log");
    // What a logger writes is what others say: then the file is where to look.
    incident.processes[0].name = "rsyslogd";
    CHECK(rank(incident, {burst}).causes[0].name == "log:/var/log/app.log");
    // Who writes most of all, to whatever, is no cause of a flood of the kernel's log.
    Incident of_kernel = about("log_flood");
    REQUIRE(of_kernel.processes.push(writer("bash", 1'300'000)));
    CHECK(rank(of_kernel).causes.empty());
}

TEST_CASE("causes: who listens no more is named when connects are refused") {
    Event closed = change(EventKind::PortClosed, "tcp/8080", seconds(3));
    closed.subject = {SubjectKind::Unit, "app.service"};
    const auto ranked = rank(about("connect_failures"), {closed});
    REQUIRE(ranked.causes.size() == 1);
    CHECK(ranked.causes[0].name == "unit:app.service");
    closed.subject = {};
    CHECK(rank(about("connect_failures"), {closed}).causes[0].name == "change:tcp/8080");
    // Of anything else it is a change among others.
    CHECK(rank(about("network_loss"), {closed}).causes.empty());
}

TEST_CASE("causes: the upgrade of a bystander explains nothing") {
    Incident incident = about("cpu_saturation");
    REQUIRE(incident.processes.push(process("worker", 0.5)));
    REQUIRE(incident.processes.push(process("nginx", 0.02)));
    const Event upgrade = change(EventKind::PackageChanged, "nginx", seconds(20));
    const auto ranked = rank(incident, {upgrade});
    REQUIRE_FALSE(ranked.causes.empty());
    CHECK(ranked.causes[0].name == "process:worker");
    // Of one that uses a good part of it the change may well be the reason.
    incident.processes[1].share = 0.4;
    CHECK(rank(incident, {upgrade}).causes[0].name == "change:nginx");
}

TEST_CASE("causes: the service that died of it is the victim, whatever starts beside it") {
    Incident incident = about("oom_kill");
    Finding died;
    died.incident = "service_failed";
    died.subject = {SubjectKind::Unit, "worker.service"};
    REQUIRE(incident.findings.push(died));
    REQUIRE(incident.processes.push(process("systemd", 0.4)));
    const auto ranked =
        rank(incident, {change(EventKind::TimerRan, "systemd-tmpfiles-clean.service", seconds(5))});
    REQUIRE_FALSE(ranked.causes.empty());
    CHECK(ranked.causes[0].name == "unit:worker.service");
    for (const Cause& cause : ranked.causes) {
        CHECK_FALSE(cause.name.view().starts_with("change:"));  // only the name is alike
    }
}

TEST_CASE("causes: a broken disk is to blame for what needs a disk, and only while it speaks") {
    const Event error = change(EventKind::IoError, "loop1", seconds(20));
    struct Row {
        const char* kind;
        double least;
        double most;
    };
    for (const Row& row : {Row{"disk_errors", 0.9, 1.0}, Row{"stuck_tasks", 0.9, 1.0},
                           Row{"filesystem_read_only", 0.9, 1.0}, Row{"service_failed", 0.1, 0.49},
                           Row{"filesystem_inodes", 0.0, 0.0}, Row{"port_exhaustion", 0.0, 0.0},
                           Row{"file_handles", 0.0, 0.0}, Row{"cpu_saturation", 0.0, 0.0}}) {
        CAPTURE(row.kind);
        const auto ranked = rank(about(row.kind), {error});
        const double found = ranked.considered.empty() ? 0 : ranked.considered[0].confidence;
        CHECK(found >= row.least);
        CHECK(found <= row.most);
    }
    CHECK(rank(about("disk_errors"), {change(EventKind::IoError, "loop1", minutes(5))})
              .considered.empty());
}

TEST_CASE("causes: a crash is that of the service which it names") {
    const Event crash = change(EventKind::Segfault, "worker", seconds(1));
    const auto own = rank(about("service_failed", {SubjectKind::Unit, "worker.service"}), {crash});
    REQUIRE_FALSE(own.causes.empty());
    CHECK(own.causes[0].name == "process:worker");
    for (const Cause& cause :
         rank(about("service_failed", {SubjectKind::Unit, "web.service"}), {crash}).causes) {
        CHECK(cause.name != "process:worker");
    }
    CHECK(rank(about("listen_overflow"), {crash}).considered.empty());
}

TEST_CASE("causes: who talks so much goes before the logger that writes it down") {
    Event burst = change(EventKind::LogBurst, "chatter.service #12", seconds(1));
    burst.subject = {SubjectKind::Unit, "chatter.service"};
    Incident incident = filling();
    REQUIRE(incident.processes.push(writer("systemd-journal", 1048576)));
    const auto ranked = rank(incident, {burst});
    REQUIRE(ranked.causes.size() == 2);
    CHECK(ranked.causes[0].name == "unit:chatter.service");
    CHECK(ranked.causes[1].name == "process:systemd-journal");
    Incident another = filling();
    REQUIRE(another.processes.push(writer("mysqld", 1048576)));
    CHECK(rank(another, {burst}).causes.size() == 1);
}

TEST_CASE("causes: that a service was started is not what broke it, the edited file is") {
    const Incident incident = about("service_failed", {SubjectKind::Unit, "nginx.service"});
    Event started = change(EventKind::UnitStarted, "nginx.service", seconds(1));
    started.subject = incident.subject;
    const Event edited = change(EventKind::FileChanged, "/etc/nginx/nginx.conf", seconds(20));
    const auto ranked = rank(incident, {started, edited});
    REQUIRE_FALSE(ranked.causes.empty());
    CHECK(ranked.causes[0].name == "change:/etc/nginx/nginx.conf");
    // Another unit's start may well be.
    const auto other =
        rank(incident, {change(EventKind::UnitStopped, "nginx-backend.service", seconds(1))});
    REQUIRE_FALSE(other.causes.empty());
    CHECK(other.causes[0].name == "change:nginx-backend.service");
}
