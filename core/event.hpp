// Event is a discrete fact with a time and a subject: an OOM kill, a reboot, a package upgrade.
//
// Collectors make events, the tick hands each to the incident engine once, and the engine keeps the
// newest: they are what an incident's causes and evidence are made from. An event never opens an
// incident by itself; what must (a memory kill, a failed unit) has a series beside it.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/subject.hpp"
#include "core/time.hpp"

namespace homeostat {

enum class EventKind : std::uint8_t {
    // What the kernel said.
    OomKill,
    HungTask,
    IoError,
    FilesystemError,
    FilesystemReadOnly,
    HardwareError,  // machine check, PCIe, memory
    LinkDown,
    LinkUp,
    Segfault,
    CpuStall,    // RCU stall, soft or hard lock-up
    KernelOops,  // oops, BUG, WARNING
    Thermal,
    TableFull,  // conntrack, neighbours
    SynFlood,
    // What the service manager did.
    UnitFailed,
    UnitStarted,
    UnitStopped,
    UnitRestarted,
    TimerRan,
    // What somebody changed.
    PackageChanged,
    FileChanged,
    SysctlChanged,
    KernelChanged,
    PortOpened,
    PortClosed,
    Login,
    LoginFailures,
    Reboot,
    ClockStep,
    // Who holds what.
    DeletedFilesHeld,  // space of files that are deleted and still open
    // What the logs say.
    LogPatternNew,
    LogBurst,
    // What we can see ourselves.
    SourceLost,
    SourceBack,
};

inline constexpr EventKind kEventKindLast = EventKind::SourceBack;

std::string_view name_of(EventKind kind);

// True for what a person or a program did to this host: a candidate for a cause. The rest are
// symptoms.
bool is_change(EventKind kind);

struct Event {
    Instant at;
    EventKind kind = EventKind::SourceLost;
    Subject subject;         // whom it concerns; the host when nothing smaller is known
    FixedString<95> object;  // what was changed or hit: "nginx", "/etc/fstab", "tcp/8080"
    FixedString<191> text;   // one plain line for people
};

// True when both tell the same of the same thing, whenever and in whatever words.
inline bool same_fact(const Event& a, const Event& b) {
    return a.kind == b.kind && a.subject == b.subject && a.object == b.object;
}

}  // namespace homeostat
