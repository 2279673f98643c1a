#include "agent/incidents/kinds.hpp"

#include <doctest/doctest.h>

#include <set>

#include "detectors/catalogue.hpp"
#include "detectors/learned_rules.hpp"

using namespace homeostat;

namespace {

const Subject kHost{};
const Subject kSrv{SubjectKind::Mount, "/srv"};
const Subject kVar{SubjectKind::Mount, "/var"};
const Subject kDisk{SubjectKind::Device, "vda"};
const Subject kLeaky{SubjectKind::Process, "leaky"};
const Subject kLog{SubjectKind::Target, "/var/log/app.log"};

const Subject kEth0{SubjectKind::Interface, "eth0"};
const Subject kEth1{SubjectKind::Interface, "eth1"};

Instant at(Duration since_boot) {
    return Instant{} + since_boot;
}

}  // namespace

TEST_CASE("kinds: every kind that the catalogue opens is known, once, with its own phrase") {
    std::set<std::string_view> names;
    for (const Kind& kind : kinds()) {
        CAPTURE(std::string(kind.name));
        CHECK(names.insert(kind.name).second);
        CHECK_FALSE(kind.phrase.empty());
        CHECK(kind.resource != Resource::Other);
    }
    for (const Condition& condition : stock_conditions()) {
        CAPTURE(std::string(condition.name));
        if (!condition.incident.empty()) CHECK(names.count(condition.incident) == 1);
    }
    for (const LearnedRule& rule : learned_rules()) CHECK(names.count(rule.incident) == 1);
    CHECK(find_kind("of_my_own").resource == Resource::Other);
    CHECK(find_kind("of_my_own").phrase == "of_my_own");
}

TEST_CASE("kinds: what is one fault depends on kind, subject and time") {
    struct Row {
        FaultSide open;
        FaultSide later;
        bool one;
    };
    const Instant t = at(hours(1));
    const Instant soon = at(hours(1) + seconds(20));
    const Instant later = at(hours(1) + seconds(40));
    const Instant late = at(hours(3));
    for (const Row& row : {
             Row{{"memory_exhausted", kHost, kHost, t}, {"oom_kill", kHost, kHost, late}, true},
             Row{{"oom_kill", kHost, kHost, t}, {"memory_exhausted", kHost, kHost, soon}, true},
             Row{{"cpu_saturation", kHost, kHost, t}, {"oom_kill", kHost, kHost, t}, false},
             Row{{"cpu_saturation", kHost, kHost, t}, {"process_storm", kHost, kHost, soon}, true},
             Row{{"cpu_saturation", kHost, kHost, t}, {"process_storm", kHost, kHost, late}, false},
             Row{{"filesystem_space", kSrv, kSrv, t}, {"filesystem_space", kVar, kVar, t}, false},
             Row{{"filesystem_space", kSrv, kDisk, t}, {"filesystem_space", kVar, kDisk, t}, true},
             Row{{"disk_errors", kDisk, kDisk, t},
                 {"filesystem_read_only", kSrv, kDisk, soon},
                 true},
             Row{{"disk_errors", kDisk, kDisk, t},
                 {"filesystem_read_only", kSrv, kSrv, soon},
                 false},
             Row{{"memory_exhausted", kHost, kHost, t},
                 {"cpu_saturation", kHost, kHost, soon},
                 true},
             Row{{"cpu_saturation", kHost, kHost, t},
                 {"memory_exhausted", kHost, kHost, soon},
                 false},
             Row{{"cpu_saturation", kHost, kHost, t}, {"disk_saturation", kHost, kHost, t}, false},
             Row{{"service_failed", kSrv, kSrv, t}, {"log_flood", kHost, kHost, soon}, true},
             Row{{"service_failed", kSrv, kSrv, t}, {"log_flood", kHost, kHost, late}, false},
             // A log fills the file system that it lies on; a failing service floods its log.
             Row{{"log_flood", kLog, kDisk, t}, {"filesystem_space", kVar, kDisk, soon}, true},
             Row{{"log_flood", kLog, kDisk, t}, {"filesystem_space", kSrv, kSrv, soon}, false},
             Row{{"filesystem_space", kSrv, kSrv, t}, {"log_flood", kLog, kDisk, soon}, false},
             Row{{"filesystem_space", kVar, kDisk, t}, {"log_flood", kLog, kDisk, soon}, true},
             // Of a busy processor, or of a process that leaks, no service writes by the thousand.
             Row{{"cpu_saturation", kHost, kHost, t}, {"log_flood", kLog, kDisk, soon}, false},
             Row{{"file_handles", kLeaky, kLeaky, t}, {"log_flood", kLog, kDisk, soon}, false},
             Row{{"network_unreachable", kHost, kHost, t}, {"log_flood", kLog, kDisk, soon}, true},
             // A storm takes all of the host's handles; that one process leaks is another matter.
             Row{{"process_storm", kHost, kHost, t}, {"file_handles", kHost, kHost, soon}, true},
             Row{{"process_storm", kHost, kHost, t}, {"file_handles", kLeaky, kLeaky, soon}, false},
             // Whom nobody accepts asks again; what the way loses fills no queue.
             Row{{"listen_overflow", kHost, kHost, t}, {"network_loss", kHost, kHost, later}, true},
             Row{{"network_loss", kHost, kHost, t},
                 {"listen_overflow", kHost, kHost, later},
                 false},
             Row{{"network_loss", kHost, kHost, t}, {"listen_overflow", kHost, kHost, soon}, true},
             Row{{"network_loss", kHost, kHost, t}, {"udp_overflow", kHost, kHost, soon}, true},
             Row{{"network_loss", kHost, kHost, t}, {"udp_overflow", kHost, kHost, late}, false},
             Row{{"network_errors", kEth0, kEth0, t}, {"network_drops", kHost, kHost, soon}, true},
             Row{{"network_saturation", kEth0, kEth0, t},
                 {"network_errors", kEth1, kEth1, t},
                 false},
             Row{{"unusual_cpu", kHost, kHost, t}, {"cpu_saturation", kHost, kHost, late}, true},
             Row{{"disk_saturation", kDisk, kDisk, t}, {"unusual_io", kHost, kHost, late}, true},
             Row{{"unusual_cpu", kHost, kHost, t}, {"unusual_io", kHost, kHost, t}, false},
             Row{{"of_my_own", kSrv, kSrv, t}, {"of_my_own", kSrv, kSrv, late}, true},
             Row{{"of_my_own", kSrv, kSrv, t}, {"of_my_own", kVar, kVar, t}, false},
         }) {
        CAPTURE(std::string(row.open.kind));
        CAPTURE(std::string(row.later.kind));
        CHECK(is_one_fault(row.open, row.later) == row.one);
    }
}
