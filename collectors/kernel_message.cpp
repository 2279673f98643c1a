#include "collectors/kernel_message.hpp"

#include <array>

#include "collectors/process_files.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr auto kNone = std::string_view::npos;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != kNone;
}

// What follows `start`, or nothing when the text does not begin with it.
std::optional<std::string_view> after(std::string_view text, std::string_view start) {
    if (!text.starts_with(start)) return std::nullopt;
    return text.substr(start.size());
}

// What stands between two marks, or empty.
std::string_view between(std::string_view text, std::string_view left, std::string_view right) {
    const auto begin = text.find(left);
    if (begin == kNone) return {};
    text.remove_prefix(begin + left.size());
    return text.substr(0, text.find_first_of(right));
}

Subject subject(SubjectKind kind, std::string_view name) {
    return {.kind = kind, .name = name};
}

KernelFact fact(EventKind kind, const Subject& about = {}, std::string_view object = {}) {
    return {.kind = kind, .subject = about, .object = object};
}

// "sda, sector 8" and "sda1, logical block 3" name a device; so does "sda: ..." of some drivers.
KernelFact device_fact(EventKind kind, std::string_view rest) {
    const auto name = rest.substr(0, rest.find_first_of(",): "));
    return fact(kind, subject(SubjectKind::Device, name), name);
}

// block/blk-core.c, fs/buffer.c, drivers/ata/libata-eh.c, drivers/nvme/host/pci.c,
// drivers/md/raid*.c, net/sunrpc.
std::optional<KernelFact> disk(std::string_view message) {
    for (const std::string_view start :
         {"I/O error, dev ", "blk_update_request: I/O error, dev ",
          "print_req_error: I/O error, dev ", "end_request: I/O error, dev ",
          "critical medium error, dev ", "critical target error, dev ",
          "critical nexus error, dev ", "protection error, dev ", "timeout error, dev ",
          "blk_update_request: critical medium error, dev ",
          "blk_update_request: critical target error, dev ", "Buffer I/O error on dev ",
          "Buffer I/O error on device "}) {
        if (const auto rest = after(message, start)) return device_fact(EventKind::IoError, *rest);
    }
    if (const auto rest = after(message, "nvme ")) {
        const auto colon = rest->find(": ");
        if (colon != kNone && rest->substr(colon + 2).starts_with("I/O ") &&
            contains(*rest, "timeout")) {
            return device_fact(EventKind::IoError, *rest);
        }
    }
    if (message.starts_with("ata") && contains(message.substr(0, 32), ": failed command: ")) {
        return device_fact(EventKind::IoError, message);
    }
    if (message.starts_with("md/raid") && contains(message, ": Disk failure on ")) {
        return device_fact(EventKind::IoError, between(message, "Disk failure on ", ","));
    }
    if (message.starts_with("nfs: server ") && contains(message, " not responding")) {
        return fact(EventKind::IoError, {}, between(message, "nfs: server ", " "));
    }
    return std::nullopt;
}

KernelFact filesystem_fact(std::string_view device, std::string_view rest) {
    const bool read_only =
        contains(rest, "Remounting filesystem read-only") || contains(rest, "forced readonly");
    const auto kind = read_only ? EventKind::FilesystemReadOnly : EventKind::FilesystemError;
    return fact(kind, subject(SubjectKind::Device, device), device);
}

// fs/ext4/super.c, fs/xfs/xfs_message.c, fs/btrfs/messages.c, fs/jbd2/journal.c.
std::optional<KernelFact> filesystem(std::string_view message) {
    struct Row {
        std::string_view start;               // "NAME (" before the device
        std::array<std::string_view, 6> bad;  // what makes it a fault; empty at first: anything
    };
    static constexpr std::array kRows{
        Row{"EXT4-fs error (device ", {}},
        Row{"EXT4-fs (",
            {"Remounting filesystem read-only", "I/O error", "failed to convert",
             "Delayed block allocation failed", "ournal has aborted"}},
        Row{"EXT3-fs error (device ", {}},
        Row{"EXT2-fs error (device ", {}},
        Row{"XFS (",
            {"orruption", "I/O error", "shut down", "force_shutdown", "shutting down", " error"}},
        Row{"BTRFS error (device ", {}},
        Row{"BTRFS critical (device ", {}},
        Row{"BTRFS: error (device ", {}},
        Row{"BTRFS info (device ", {"forced readonly"}},
        Row{"F2FS-fs (", {"rror", "orrupt", "shutdown", "nconsistent", "Stopped"}}};
    for (const Row& row : kRows) {
        const auto rest = after(message, row.start);
        if (!rest) continue;
        const auto device = rest->substr(0, rest->find_first_of("):"));
        const auto text = rest->substr(device.size());
        bool bad = row.bad[0].empty();
        for (const std::string_view word : row.bad) {
            bad = bad || (!word.empty() && contains(text, word));
        }
        if (bad) return filesystem_fact(device, text);
    }
    if (const auto rest = after(message, "Aborting journal on device ")) {
        return filesystem_fact(rest->substr(0, rest->find_first_of(".-")), {});
    }
    return std::nullopt;
}

// drivers/ras, arch/x86/kernel/cpu/mce, drivers/acpi/apei/ghes.c, drivers/pci/pcie/aer.c.
std::optional<KernelFact> hardware(std::string_view message) {
    const auto head = message.substr(0, 64);
    if ((message.starts_with("mce: CPU") || message.starts_with("CPU")) &&
        contains(head, "temperature above threshold")) {
        return fact(EventKind::Thermal, {}, "cpu");
    }
    if (message.starts_with("thermal ") && contains(message, "critical temperature reached")) {
        return fact(EventKind::Thermal, {}, between(message, "thermal ", ":"));
    }
    if (message.starts_with("mce: [Hardware Error]:") || message.starts_with("[Hardware Error]:") ||
        (message.starts_with("{") && contains(message.substr(0, 24), "}[Hardware Error]:"))) {
        return fact(EventKind::HardwareError, {}, "machine check");
    }
    if (message.starts_with("EDAC ") && contains(message, " UE ")) {
        return fact(EventKind::HardwareError, {}, "memory");
    }
    if (message.starts_with("NVRM: Xid (")) {
        return fact(EventKind::HardwareError, {}, between(message, "Xid (", ")"));
    }
    constexpr std::size_t kPciAddress = 12;  // "0000:00:1c.0"
    if (message.starts_with("pcieport ") && contains(head, ": AER: Uncorrect")) {
        return fact(EventKind::HardwareError, {},
                    between(head, "pcieport ", " ").substr(0, kPciAddress));
    }
    return std::nullopt;
}

// "... eth0: NIC Link is Down", "... igb: eno1 NIC Link is Up 1000 Mbps", "... ens1: Link down".
std::optional<KernelFact> link(std::string_view message) {
    struct Row {
        std::string_view words;
        EventKind kind;
    };
    static constexpr std::array kRows{
        Row{" NIC Link is Down", EventKind::LinkDown}, Row{" NIC Link is Up", EventKind::LinkUp},
        Row{": Link is Down", EventKind::LinkDown},    Row{": Link is down", EventKind::LinkDown},
        Row{": Link is Up", EventKind::LinkUp},        Row{": Link is up", EventKind::LinkUp},
        Row{": Link down", EventKind::LinkDown},       Row{": Link up", EventKind::LinkUp}};
    // net/sched/sch_generic.c
    if (const auto rest = after(message, "NETDEV WATCHDOG: ")) {
        const auto name = rest->substr(0, rest->find_first_of(" :("));
        return fact(EventKind::HardwareError, subject(SubjectKind::Interface, name), name);
    }
    for (const Row& row : kRows) {
        const auto at = message.find(row.words);
        if (at == kNone || at == 0) continue;
        std::string_view name = message.substr(0, at);
        name = name.substr(name.find_last_of(' ') == kNone ? 0 : name.find_last_of(' ') + 1);
        if (name.ends_with(':')) name.remove_suffix(1);
        constexpr std::size_t kInterfaceNameMax = 15;  // IFNAMSIZ less its end
        if (name.empty() || name.size() > kInterfaceNameMax) return std::nullopt;
        return fact(row.kind, subject(SubjectKind::Interface, name), name);
    }
    return std::nullopt;
}

// arch/*/mm/fault.c: "nginx[4711]: segfault at 0 ip ..."; arch/x86/kernel/traps.c: "traps: a[1]
// general protection fault ip:...". The name may hold anything, so it is read from its end.
std::optional<KernelFact> crash(std::string_view message) {
    std::string_view text = message;
    if (const auto rest = after(message, "traps: ")) text = *rest;
    for (const std::string_view words :
         {"]: segfault at ", "] general protection fault", "]: general protection fault",
          "] trap invalid opcode", "] trap divide error", "] trap stack segment"}) {
        const auto at = text.find(words);
        if (at == kNone) continue;
        const auto open = text.find_last_of('[', at);
        if (open == kNone || open == 0 || !parse_u64(text.substr(open + 1, at - open - 1))) {
            continue;
        }
        const auto name = text.substr(0, open);
        return fact(EventKind::Segfault, subject(SubjectKind::Process, name), name);
    }
    return std::nullopt;
}

// kernel/hung_task.c: "INFO: task jbd2/sda1-8:123 blocked for more than 120 seconds."
std::optional<KernelFact> hung(std::string_view message) {
    const auto rest = after(message, "INFO: task ");
    if (!rest) return std::nullopt;
    const auto blocked = rest->find(" blocked ");
    if (blocked == kNone || !contains(*rest, " for more than ")) return std::nullopt;
    const auto who = rest->substr(0, blocked);
    const auto name = who.substr(0, who.find_last_of(':'));
    return fact(EventKind::HungTask, subject(SubjectKind::Process, name), name);
}

struct Phrase {
    std::string_view start;
    std::string_view also;  // somewhere behind it; empty: anything
    EventKind kind;
    std::string_view object;
};

// kernel/rcu/tree_stall.h, kernel/watchdog.c, lib/bug.c, net/ipv4, net/netfilter, kernel/cgroup,
// drivers/md/dm-thin.c, kernel/audit.c.
constexpr std::array kPhrases{
    Phrase{"rcu: INFO: ", "stall", EventKind::CpuStall, "rcu"},
    Phrase{"INFO: rcu_", "stall", EventKind::CpuStall, "rcu"},
    Phrase{"watchdog: BUG: soft lockup", "", EventKind::CpuStall, "soft lockup"},
    Phrase{"NMI watchdog: BUG: soft lockup", "", EventKind::CpuStall, "soft lockup"},
    Phrase{"BUG: soft lockup", "", EventKind::CpuStall, "soft lockup"},
    Phrase{"watchdog: ", "hard LOCKUP", EventKind::CpuStall, "hard lockup"},
    Phrase{"NMI watchdog: ", "hard LOCKUP", EventKind::CpuStall, "hard lockup"},
    Phrase{"Kernel panic - not syncing", "", EventKind::KernelOops, "panic"},
    Phrase{"kernel BUG at ", "", EventKind::KernelOops, "BUG"},
    Phrase{"BUG: ", "", EventKind::KernelOops, "BUG"},
    Phrase{"Oops: ", "", EventKind::KernelOops, "oops"},
    Phrase{"Internal error: ", "", EventKind::KernelOops, "oops"},
    Phrase{"Unable to handle kernel ", "", EventKind::KernelOops, "oops"},
    Phrase{"general protection fault, probably", "", EventKind::KernelOops, "oops"},
    Phrase{"general protection fault: ", "", EventKind::KernelOops, "oops"},
    Phrase{"nf_conntrack: ", "table full", EventKind::TableFull, "conntrack"},
    Phrase{"ip_conntrack: ", "table full", EventKind::TableFull, "conntrack"},
    Phrase{"neighbour: ", "table overflow", EventKind::TableFull, "neighbours"},
    Phrase{"Neighbour table overflow", "", EventKind::TableFull, "neighbours"},
    Phrase{"TCP: out of memory", "", EventKind::TableFull, "tcp memory"},
    Phrase{"TCP: too many orphaned sockets", "", EventKind::TableFull, "orphaned sockets"},
    Phrase{"device-mapper: thin: ", "out-of-data-space", EventKind::TableFull, "thin pool"},
    Phrase{"audit: backlog limit exceeded", "", EventKind::TableFull, "audit backlog"},
    Phrase{"VFS: file-max limit", "", EventKind::TableFull, "file handles"},
};

std::optional<KernelFact> known_phrase(std::string_view message) {
    for (const Phrase& phrase : kPhrases) {
        const auto rest = after(message, phrase.start);
        if (rest && contains(*rest, phrase.also)) return fact(phrase.kind, {}, phrase.object);
    }
    return std::nullopt;
}

// kernel/cgroup/pids.c, and net/ipv4/tcp_input.c: "TCP: request_sock_TCP: Possible SYN flooding on
// port 80. Sending cookies.", newer ones "on port 0.0.0.0:80.".
std::optional<KernelFact> named_limit(std::string_view message) {
    if (const auto path = after(message, "cgroup: fork rejected by pids controller in ")) {
        const auto unit = unit_of_path(*path);
        // Of no unit, an engine's of its own: by its path, that its processes can be found.
        std::string_view name = unit.empty() ? trim(*path) : unit;
        while (name.starts_with('/')) name.remove_prefix(1);
        return fact(EventKind::TableFull,
                    name.empty() ? Subject{} : subject(SubjectKind::Unit, name), "tasks");
    }
    if (!message.starts_with("TCP: ") && !message.starts_with("possible SYN flooding")) {
        return std::nullopt;
    }
    constexpr std::string_view kFlood = "ossible SYN flooding on port ";
    const auto at = message.find(kFlood);
    if (at == kNone) return std::nullopt;
    std::string_view port = message.substr(at + kFlood.size());
    port = port.substr(0, port.find(". "));
    if (const auto colon = port.find_last_of(':'); colon != kNone) port.remove_prefix(colon + 1);
    KernelFact flood = fact(EventKind::SynFlood, {}, "tcp/");
    flood.object.append(port);
    return flood;
}

}  // namespace

Event event_of(const KernelFact& fact, std::string_view message, Instant at) {
    return {.at = at,
            .kind = fact.kind,
            .subject = fact.subject,
            .object = fact.object,
            .text = message};
}

// mm/oom_kill.c: "oom-kill:constraint=...,task_memcg=/system.slice/a.service,task=a,pid=4711,uid=0"
// and then "Out of memory: Killed process 4711 (a) total-vm:..."; before 5.0 the second one alone.
std::optional<KernelFact> KernelMessages::memory_kill(std::string_view message) {
    if (message.starts_with("oom-kill:")) {
        victim_pid_ = parse_u64(between(message, ",pid=", ",")).value_or(0);
        victim_unit_ = unit_of_path(between(message, "task_memcg=", ","));
        return std::nullopt;
    }
    if (!message.starts_with("Out of memory: Kill") &&
        !message.starts_with("Memory cgroup out of memory: Kill")) {
        return std::nullopt;
    }
    const auto pid = parse_u64(between(message, " process ", " (,")).value_or(0);
    const auto open = message.find(" (");
    const auto close = message.find_last_of(')');
    if (open == kNone || close == kNone || close < open) return std::nullopt;
    const auto name = message.substr(open + 2, close - open - 2);
    const bool known = pid != 0 && pid == victim_pid_ && !victim_unit_.empty();
    victim_pid_ = 0;
    return fact(
        EventKind::OomKill,
        known ? subject(SubjectKind::Unit, victim_unit_) : subject(SubjectKind::Process, name),
        name);
}

std::optional<KernelFact> KernelMessages::read(std::string_view message) {
    if (auto found = memory_kill(message)) return found;
    for (const auto rule :
         {disk, filesystem, hardware, hung, known_phrase, named_limit, crash, link}) {
        if (auto found = rule(message)) return found;
    }
    return std::nullopt;
}

}  // namespace homeostat
