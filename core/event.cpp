#include "core/event.hpp"

namespace homeostat {

std::string_view name_of(EventKind kind) {
    switch (kind) {
        case EventKind::OomKill: return "oom_kill";
        case EventKind::HungTask: return "hung_task";
        case EventKind::IoError: return "io_error";
        case EventKind::FilesystemError: return "filesystem_error";
        case EventKind::FilesystemReadOnly: return "filesystem_read_only";
        case EventKind::HardwareError: return "hardware_error";
        case EventKind::LinkDown: return "link_down";
        case EventKind::LinkUp: return "link_up";
        case EventKind::Segfault: return "segfault";
        case EventKind::CpuStall: return "cpu_stall";
        case EventKind::KernelOops: return "kernel_oops";
        case EventKind::Thermal: return "thermal";
        case EventKind::TableFull: return "table_full";
        case EventKind::SynFlood: return "syn_flood";
        case EventKind::UnitFailed: return "unit_failed";
        case EventKind::UnitStarted: return "unit_started";
        case EventKind::UnitStopped: return "unit_stopped";
        case EventKind::UnitRestarted: return "unit_restarted";
        case EventKind::TimerRan: return "timer_ran";
        case EventKind::PackageChanged: return "package_changed";
        case EventKind::FileChanged: return "file_changed";
        case EventKind::SysctlChanged: return "sysctl_changed";
        case EventKind::KernelChanged: return "kernel_changed";
        case EventKind::PortOpened: return "port_opened";
        case EventKind::PortClosed: return "port_closed";
        case EventKind::Login: return "login";
        case EventKind::LoginFailures: return "login_failures";
        case EventKind::Reboot: return "reboot";
        case EventKind::ClockStep: return "clock_step";
        case EventKind::DeletedFilesHeld: return "deleted_files_held";
        case EventKind::LogPatternNew: return "log_pattern_new";
        case EventKind::LogBurst: return "log_burst";
        case EventKind::SourceLost: return "source_lost";
        case EventKind::SourceBack: return "source_back";
    }
    return "unknown";
}

bool is_change(EventKind kind) {
    return kind >= EventKind::UnitStarted && kind <= EventKind::ClockStep;
}

}  // namespace homeostat
