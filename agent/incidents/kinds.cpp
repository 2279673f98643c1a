#include "agent/incidents/kinds.hpp"

#include <array>

namespace homeostat {
namespace {

using enum Resource;

constexpr std::array kKinds{
    Kind{"cpu_saturation", Processor, "the processor is saturated"},
    Kind{"unusual_cpu", Processor, "the processor is used unlike usual, and tasks wait"},
    Kind{"unusual_memory", Memory, "memory is used unlike usual, and tasks wait"},
    Kind{"unusual_io", Disk, "disks are used unlike usual, and tasks wait"},
    Kind{"unusual_network", Network, "traffic is unlike usual, and packets get lost"},
    Kind{"cpu_stolen", Processor, "the hypervisor takes processor time away"},
    Kind{"cpu_slow", Processor, "the processor runs slower than it could"},
    Kind{"cpu_lockup", Kernel, "a core hangs in the kernel"},
    Kind{"interrupt_saturation", Network, "{} is saturated by interrupts"},
    Kind{"unit_cpu_limit", Service, "{} is held back by its CPU quota"},
    Kind{"unit_io_limit", Service, "{} is held back by its limit of I/O"},
    Kind{"thermal_throttling", Hardware, "the processor is slowed down by heat"},
    Kind{"memory_exhausted", Memory, "memory is exhausted"},
    Kind{"memory_leak", Memory, "{} keeps growing"},
    Kind{"unit_memory_limit", Memory, "{} presses against its memory limit"},
    Kind{"oom_kill", Memory, "the kernel killed a process for lack of memory"},
    Kind{"kernel_memory_leak", Memory, "the kernel itself uses much memory"},
    Kind{"memory_hardware", Hardware, "a memory module is faulty"},
    Kind{"filesystem_space", Space, "{} fills up"},
    Kind{"filesystem_inodes", Space, "{} runs out of inodes"},
    Kind{"filesystem_read_only", Space, "{} became read-only"},
    Kind{"filesystem_errors", Space, "{} has errors"},
    Kind{"mount_missing", Space, "{} is not mounted"},
    Kind{"mount_hung", Space, "a file system does not answer"},
    Kind{"log_flood", Space, "a log is flooded"},
    Kind{"disk_saturation", Disk, "the disk cannot keep up"},
    Kind{"disk_errors", Disk, "{} has errors"},
    Kind{"disk_degraded", Disk, "{} has lost its redundancy"},
    Kind{"network_link", Network, "{} lost its link"},
    Kind{"network_slow_link", Network, "{} runs slower than before"},
    Kind{"network_saturation", Network, "{} is full"},
    Kind{"network_errors", Network, "{} has errors"},
    Kind{"network_drops", Network, "packets are dropped"},
    Kind{"network_storm", Network, "{} is flooded with packets"},
    Kind{"network_loss", Network, "packets get lost on the way"},
    Kind{"network_unreachable", Network, "connects get no answer"},
    Kind{"name_resolution", Network, "names are not resolved in time"},
    Kind{"connect_failures", Network, "connections are refused"},
    Kind{"listen_overflow", Network, "a server does not accept its connections"},
    Kind{"syn_flood", Network, "more connections come in than can be taken"},
    Kind{"socket_memory", Network, "sockets hold too much memory"},
    Kind{"port_exhaustion", Network, "local ports run out"},
    Kind{"udp_overflow", Network, "datagrams are lost in full buffers"},
    Kind{"conntrack_full", Network, "the table of connections is full"},
    Kind{"neighbour_table_full", Network, "the neighbour table is full"},
    Kind{"route_lost", Network, "the default route is gone"},
    Kind{"nfs_slow", Network, "an NFS server does not answer in time"},
    Kind{"traffic_fan_out", Security, "something connects to very many places"},
    Kind{"file_handles", Files, "{} runs out of open files"},
    Kind{"process_storm", Processes, "processes multiply"},
    Kind{"task_limit", Processes, "{} reached its task limit"},
    Kind{"zombies", Processes, "dead processes pile up"},
    Kind{"stuck_tasks", Disk, "tasks are stuck in the kernel"},
    Kind{"kernel_limits", Kernel, "a table of the kernel is used up"},
    Kind{"kernel_fault", Kernel, "the kernel met a fault of its own"},
    Kind{"hardware_error", Hardware, "the hardware reports errors"},
    Kind{"overheating", Hardware, "{} is too hot"},
    Kind{"power", Hardware, "the power supply failed"},
    Kind{"watchdog", Hardware, "the hardware watchdog is about to bite"},
    Kind{"service_failed", Service, "{} failed"},
    Kind{"service_stuck", Service, "{} does not go on"},
    Kind{"service_crash_loop", Service, "{} dies again and again"},
    Kind{"program_crash", Service, "{} crashed"},
    Kind{"clock", Clock, "the clock is not right"},
    Kind{"certificate_expiring", Security, "the certificate {} expires"},
    Kind{"login_failures", Security, "somebody tries to log in and fails"},
    Kind{"security_change", Security, "something changed who may do what"},
};

enum class Scope : std::uint8_t {
    Host,     // on the same host: always so
    Subject,  // of the same subject
    Device,   // the same device beneath
    Whole,    // the later one is of the host as a whole, not of one process or unit
};

constexpr Duration kAnyTime{};

struct Kin {
    std::string_view a;
    std::string_view b;
    Scope scope = Scope::Host;
    Duration within;  // the onsets are no further apart; kAnyTime: while it is open
};

constexpr std::array kKin{
    Kin{"cpu_saturation", "process_storm", Scope::Host, minutes(2)},
    Kin{"cpu_saturation", "interrupt_saturation", Scope::Host, minutes(1)},
    Kin{"cpu_saturation", "cpu_stolen", Scope::Host, minutes(5)},
    Kin{"process_storm", "memory_exhausted", Scope::Host, minutes(5)},
    Kin{"process_storm", "task_limit", Scope::Host, minutes(2)},
    Kin{"process_storm", "zombies", Scope::Host, minutes(2)},
    Kin{"process_storm", "process_storm", Scope::Host, kAnyTime},
    Kin{"memory_exhausted", "memory_leak", Scope::Host, kAnyTime},
    Kin{"memory_exhausted", "oom_kill", Scope::Host, kAnyTime},
    Kin{"memory_exhausted", "unit_memory_limit", Scope::Host, minutes(5)},
    Kin{"memory_exhausted", "disk_saturation", Scope::Host, minutes(1)},
    Kin{"memory_exhausted", "stuck_tasks", Scope::Host, minutes(2)},
    Kin{"memory_leak", "oom_kill", Scope::Host, kAnyTime},
    Kin{"memory_leak", "unit_memory_limit", Scope::Host, kAnyTime},
    Kin{"unit_memory_limit", "oom_kill", Scope::Host, kAnyTime},
    Kin{"oom_kill", "oom_kill", Scope::Host, kAnyTime},
    Kin{"oom_kill", "service_failed", Scope::Host, seconds(15)},
    Kin{"filesystem_space", "filesystem_space", Scope::Device, kAnyTime},
    Kin{"filesystem_space", "filesystem_inodes", Scope::Device, minutes(5)},
    // A log fills the file system that it lies on, and no other.
    Kin{"filesystem_space", "log_flood", Scope::Device, minutes(5)},
    Kin{"filesystem_space", "service_failed", Scope::Host, seconds(30)},
    Kin{"filesystem_errors", "filesystem_read_only", Scope::Device, kAnyTime},
    Kin{"filesystem_errors", "disk_errors", Scope::Device, kAnyTime},
    Kin{"filesystem_read_only", "disk_errors", Scope::Device, kAnyTime},
    Kin{"filesystem_read_only", "filesystem_read_only", Scope::Device, kAnyTime},
    Kin{"disk_saturation", "disk_saturation", Scope::Host, kAnyTime},
    Kin{"disk_saturation", "stuck_tasks", Scope::Host, minutes(5)},
    Kin{"disk_errors", "disk_saturation", Scope::Host, minutes(2)},
    Kin{"disk_errors", "stuck_tasks", Scope::Host, minutes(5)},
    Kin{"disk_errors", "disk_degraded", Scope::Host, minutes(5)},
    Kin{"disk_errors", "hardware_error", Scope::Host, seconds(30)},
    Kin{"mount_hung", "stuck_tasks", Scope::Host, kAnyTime},
    Kin{"mount_hung", "nfs_slow", Scope::Host, kAnyTime},
    Kin{"nfs_slow", "stuck_tasks", Scope::Host, kAnyTime},
    Kin{"network_link", "network_link", Scope::Host, seconds(15)},
    Kin{"network_link", "route_lost", Scope::Host, minutes(1)},
    Kin{"network_link", "network_unreachable", Scope::Host, minutes(2)},
    Kin{"network_link", "network_loss", Scope::Host, minutes(2)},
    Kin{"network_link", "nfs_slow", Scope::Host, minutes(5)},
    Kin{"network_link", "name_resolution", Scope::Host, minutes(2)},
    Kin{"route_lost", "name_resolution", Scope::Host, minutes(2)},
    Kin{"network_link", "network_drops", Scope::Host, minutes(1)},
    Kin{"route_lost", "network_unreachable", Scope::Host, minutes(2)},
    Kin{"route_lost", "network_loss", Scope::Host, minutes(2)},
    Kin{"network_errors", "network_loss", Scope::Host, minutes(2)},
    Kin{"network_errors", "network_errors", Scope::Subject, kAnyTime},
    Kin{"network_errors", "network_drops", Scope::Host, minutes(1)},
    Kin{"network_drops", "network_drops", Scope::Host, minutes(1)},
    Kin{"network_drops", "network_loss", Scope::Host, minutes(2)},
    Kin{"network_drops", "network_storm", Scope::Host, minutes(2)},
    Kin{"network_drops", "udp_overflow", Scope::Host, minutes(1)},
    Kin{"network_storm", "udp_overflow", Scope::Host, minutes(2)},
    Kin{"network_storm", "interrupt_saturation", Scope::Host, minutes(2)},
    Kin{"network_loss", "network_unreachable", Scope::Host, minutes(2)},
    Kin{"network_saturation", "network_loss", Scope::Host, minutes(5)},
    Kin{"network_saturation", "network_drops", Scope::Host, minutes(5)},
    Kin{"listen_overflow", "syn_flood", Scope::Host, minutes(2)},
    Kin{"listen_overflow", "connect_failures", Scope::Host, minutes(2)},
    Kin{"syn_flood", "connect_failures", Scope::Host, minutes(2)},
    Kin{"syn_flood", "network_storm", Scope::Host, minutes(2)},
    Kin{"port_exhaustion", "connect_failures", Scope::Host, minutes(5)},
    Kin{"conntrack_full", "network_unreachable", Scope::Host, minutes(5)},
    Kin{"conntrack_full", "network_loss", Scope::Host, minutes(5)},
    Kin{"conntrack_full", "connect_failures", Scope::Host, minutes(5)},
    Kin{"traffic_fan_out", "network_unreachable", Scope::Host, minutes(5)},
    Kin{"traffic_fan_out", "connect_failures", Scope::Host, minutes(5)},
    Kin{"traffic_fan_out", "port_exhaustion", Scope::Host, minutes(5)},
    Kin{"service_failed", "service_crash_loop", Scope::Subject, kAnyTime},
    Kin{"service_failed", "program_crash", Scope::Host, seconds(15)},
    Kin{"service_failed", "connect_failures", Scope::Host, seconds(60)},
    Kin{"service_crash_loop", "program_crash", Scope::Host, minutes(2)},
    Kin{"service_crash_loop", "connect_failures", Scope::Host, minutes(2)},
    Kin{"file_handles", "file_handles", Scope::Host, minutes(1)},
    Kin{"overheating", "thermal_throttling", Scope::Host, kAnyTime},
    Kin{"thermal_throttling", "thermal_throttling", Scope::Host, kAnyTime},
    Kin{"thermal_throttling", "cpu_slow", Scope::Host, minutes(10)},
    Kin{"memory_hardware", "hardware_error", Scope::Host, minutes(1)},
    Kin{"kernel_fault", "cpu_lockup", Scope::Host, minutes(5)},
    Kin{"kernel_fault", "program_crash", Scope::Host, seconds(10)},
    Kin{"cpu_lockup", "stuck_tasks", Scope::Host, minutes(5)},
};

// What the first brings about and never the other way round: it joins an incident that is open, and
// an incident about the effect alone stays one of its own.
constexpr std::array kConsequences{
    Kin{"memory_exhausted", "cpu_saturation", Scope::Host, minutes(5)},
    Kin{"memory_exhausted", "service_failed", Scope::Host, minutes(2)},
    Kin{"unit_memory_limit", "disk_saturation", Scope::Host, minutes(2)},
    Kin{"oom_kill", "service_crash_loop", Scope::Host, minutes(2)},
    Kin{"process_storm", "oom_kill", Scope::Host, minutes(5)},
    Kin{"process_storm", "file_handles", Scope::Whole, minutes(2)},
    Kin{"process_storm", "service_failed", Scope::Host, minutes(1)},
    Kin{"task_limit", "service_failed", Scope::Host, minutes(1)},
    Kin{"task_limit", "service_crash_loop", Scope::Host, minutes(2)},
    Kin{"file_handles", "service_failed", Scope::Host, minutes(1)},
    Kin{"file_handles", "connect_failures", Scope::Host, minutes(2)},
    Kin{"file_handles", "listen_overflow", Scope::Host, minutes(2)},
    Kin{"filesystem_space", "service_crash_loop", Scope::Host, minutes(2)},
    Kin{"filesystem_space", "program_crash", Scope::Host, minutes(1)},
    Kin{"filesystem_read_only", "service_failed", Scope::Host, minutes(5)},
    Kin{"filesystem_read_only", "service_crash_loop", Scope::Host, minutes(5)},
    Kin{"filesystem_errors", "service_failed", Scope::Host, minutes(1)},
    Kin{"mount_hung", "disk_saturation", Scope::Host, minutes(5)},
    Kin{"mount_hung", "service_failed", Scope::Host, minutes(5)},
    Kin{"mount_missing", "service_failed", Scope::Host, minutes(2)},
    Kin{"disk_errors", "service_failed", Scope::Host, minutes(1)},
    Kin{"disk_errors", "mount_hung", Scope::Host, minutes(5)},
    Kin{"disk_saturation", "service_failed", Scope::Host, minutes(2)},
    Kin{"hardware_error", "disk_errors", Scope::Host, minutes(1)},
    // Whom nobody accepts asks again; what the way loses fills no queue.
    Kin{"listen_overflow", "network_unreachable", Scope::Host, minutes(2)},
    Kin{"listen_overflow", "network_loss", Scope::Host, minutes(2)},
    Kin{"cpu_saturation", "udp_overflow", Scope::Host, minutes(2)},
    Kin{"cpu_saturation", "listen_overflow", Scope::Host, minutes(2)},
    Kin{"cpu_saturation", "network_drops", Scope::Host, minutes(2)},
    Kin{"cpu_saturation", "thermal_throttling", Scope::Host, minutes(15)},
    Kin{"cpu_saturation", "overheating", Scope::Host, minutes(15)},
    Kin{"network_storm", "cpu_saturation", Scope::Host, minutes(2)},
    Kin{"syn_flood", "cpu_saturation", Scope::Host, minutes(2)},
    Kin{"kernel_fault", "service_failed", Scope::Host, minutes(1)},
    Kin{"route_lost", "service_failed", Scope::Host, minutes(5)},
    Kin{"network_link", "service_failed", Scope::Host, minutes(5)},
    Kin{"clock", "service_failed", Scope::Host, minutes(2)},
};

// A log that is flooded so soon after something else began is about that.
constexpr Duration kFloodFollowsWithin = minutes(2);
// Two kinds of trouble on the network that begin together, unless each is of an interface of its
// own: a lossy path shows as loss, as drops and as connects without an answer.
constexpr Duration kNetworkTogether = seconds(30);

bool agree(Scope scope, const FaultSide& a, const FaultSide& b) {
    switch (scope) {
        case Scope::Host: return true;
        case Scope::Subject: return a.subject == b.subject;
        case Scope::Device: return a.beneath == b.beneath;
        case Scope::Whole: return b.subject.kind == SubjectKind::Host;
    }
    return false;
}

bool near_in_time(Duration within, Instant a, Instant b) {
    if (within == kAnyTime) return true;
    const Duration apart = a < b ? b - a : a - b;
    return apart <= within;
}

}  // namespace

std::string_view name_of(Resource resource) {
    switch (resource) {
        case Processor: return "processor";
        case Memory: return "memory";
        case Space: return "space";
        case Disk: return "disk";
        case Network: return "network";
        case Processes: return "processes";
        case Files: return "files";
        case Service: return "service";
        case Clock: return "clock";
        case Kernel: return "kernel";
        case Hardware: return "hardware";
        case Security: return "security";
        case Other: return "other";
    }
    return "unknown";
}

std::span<const Kind> kinds() {
    return kKinds;
}

Kind find_kind(std::string_view name) {
    for (const Kind& kind : kKinds) {
        if (kind.name == name) return kind;
    }
    return {name, Other, name};
}

namespace {

// What services write of by the thousand: that they, or what they need, do not work. Of a busy
// processor, or of a process that nobody waits for, they do not know.
bool is_complained_of(const FaultSide& open, const FaultSide& flood) {
    if (open.subject.kind == SubjectKind::Process) return false;
    const Resource resource = find_kind(open.kind).resource;
    if (resource == Space) return open.beneath == flood.beneath;
    return resource == Service || resource == Disk || resource == Memory || resource == Network;
}

bool is_consequence(const FaultSide& open, const FaultSide& later) {
    for (const Kin& kin : kConsequences) {
        if (kin.a != open.kind || kin.b != later.kind) continue;
        // What began before it cannot follow from it; confirming takes each its own time.
        if (later.since + seconds(10) < open.since) continue;
        if (agree(kin.scope, open, later) && near_in_time(kin.within, open.since, later.since)) {
            return true;
        }
    }
    return later.kind == "log_flood" && is_complained_of(open, later) &&
           near_in_time(kFloodFollowsWithin, open.since, later.since);
}

// What was learned to be unusual of a resource is part of any trouble with it.
bool is_unusual_side_of(const FaultSide& a, const FaultSide& b) {
    const bool unusual = a.kind.starts_with("unusual_") || b.kind.starts_with("unusual_");
    return unusual && find_kind(a.kind).resource == find_kind(b.kind).resource;
}

bool is_one_network_fault(const FaultSide& a, const FaultSide& b) {
    if (find_kind(a.kind).resource != Network || find_kind(b.kind).resource != Network) {
        return false;
    }
    const bool both_interfaces =
        a.subject.kind == SubjectKind::Interface && b.subject.kind == SubjectKind::Interface;
    if (both_interfaces && !(a.subject == b.subject)) return false;
    return near_in_time(kNetworkTogether, a.since, b.since);
}

}  // namespace

bool is_one_fault(const FaultSide& open, const FaultSide& later) {
    if (open.kind == later.kind && open.subject == later.subject) return true;
    if (is_consequence(open, later) || is_one_network_fault(open, later)) return true;
    if (is_unusual_side_of(open, later)) return true;
    for (const Kin& kin : kKin) {
        const bool same_way = kin.a == open.kind && kin.b == later.kind;
        const bool other_way = kin.b == open.kind && kin.a == later.kind;
        if (!same_way && !other_way) continue;
        if (agree(kin.scope, open, later) && near_in_time(kin.within, open.since, later.since)) {
            return true;
        }
    }
    return false;
}

}  // namespace homeostat
