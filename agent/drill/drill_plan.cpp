#include "agent/drill/drill_plan.hpp"

#include <array>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::array kRows{
    DrillRow{"cpu", DrillKind::Cpu, "cpu_saturation", "process:drill-cpu",
             "two workers for each core that do nothing but count", "", ""},
    DrillRow{"mem", DrillKind::Mem, "memory_leak memory_exhausted oom_kill", "process:drill-mem",
             "memory that grows without a pause, at most 8 % of what is available", "", ""},
    DrillRow{"disk", DrillKind::Disk, "filesystem_space", "process:drill-disk",
             "a tmpfs of 64 MiB of its own, below /run, that is filled up",
             "it mounts a file system of its own, so that none of yours is filled", ""},
    DrillRow{"io", DrillKind::Io, "disk_saturation", "process:drill-io",
             "32 workers that write 4 KiB at a time, and wait for the disk, in a file of 64 MiB "
             "without a name",
             "", ""},
    DrillRow{"fd", DrillKind::Fd, "file_handles", "process:drill-fd",
             "a process that opens 250 files and may have 256", "", ""},
    DrillRow{"service", DrillKind::Service, "service_failed", "unit:homeostat-drill.service",
             "a unit of its own, homeostat-drill.service, that fails when it starts",
             "it gives systemd a unit of its own", ""},
    DrillRow{"net", DrillKind::Net, "udp_overflow", ".",
             "datagrams on loopback, 3000 a second, to a socket that nobody reads", "", ""},
    DrillRow{"clock", DrillKind::Clock, "clock", ".", "nothing", "",
             "a clock can only be seen to be wrong by being set wrong, and a drill must never do "
             "that: timers, certificates and databases would believe it"},
};

}  // namespace

std::span<const DrillRow> drill_rows() {
    return kRows;
}

const DrillRow* find_drill(std::string_view name) {
    for (const DrillRow& row : kRows) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

bool opens_kind(const DrillRow& row, std::string_view kind) {
    std::string_view rest = row.opens;
    for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
        if (word == kind) return true;
    }
    return false;
}

}  // namespace homeostat
