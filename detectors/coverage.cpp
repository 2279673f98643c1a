#include "detectors/coverage.hpp"

#include <array>

#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kCentral = "only a central server can see it";

constexpr std::array kTopics{
    Topic{"processor saturated", "cpu_saturated", ""},
    Topic{"stall for want of a processor", "cpu_stalled", ""},
    Topic{"long run queue", "run_queue_long", ""},
    Topic{"high I/O wait", "cpu_iowait_high", ""},
    Topic{"time stolen by the hypervisor", "cpu_stolen", ""},
    Topic{"one core pinned by interrupts", "core_pinned_by_interrupts", ""},
    Topic{"jump in context switches", "context_switches_jump", ""},
    Topic{"storm of new processes", "fork_storm fork_bomb processes_jump threads_jump", ""},
    Topic{"throttled by heat or power",
          "cpu_throttled_by_heat core_throttled_by_heat thermal_event", ""},
    Topic{"clock stuck low, cores offline", "cpu_clock_stuck_low cores_went_offline", ""},
    Topic{"little available memory", "memory_low", ""},
    Topic{"much memory in use", "",
          "used memory is no fault: little available memory with stalls is, see memory_low"},
    Topic{"memory kill", "oom_kill oom_kill_reported", ""},
    Topic{"stall for want of memory", "memory_stall memory_stall_partial", ""},
    Topic{"swap filling", "swap_full", ""},
    Topic{"swap thrashing", "swap_thrash", ""},
    Topic{"major page faults", "major_faults_high", ""},
    Topic{"direct reclaim, compaction", "reclaim_stalls compaction_stalls", ""},
    Topic{"leak in a service", "process_leaks unit_memory_near_limit", ""},
    Topic{"leak in the kernel", "slab_growing", ""},
    Topic{"commit limit near", "commit_limit_near", ""},
    Topic{"backlog of dirty pages", "writeback_backlog", ""},
    Topic{"huge pages exhausted", "hugepages_exhausted", ""},
    Topic{"corrupted pages", "memory_corrupted", ""},
    Topic{"memory errors, corrected", "ecc_corrected", ""},
    Topic{"memory errors, uncorrected", "ecc_uncorrected", ""},
    Topic{"compressed swap full", "zram_full", ""},
    Topic{"tmpfs filling", "filesystem_full filesystem_filling", ""},
    Topic{"file system full", "filesystem_full", ""},
    Topic{"file system will be full", "filesystem_filling", ""},
    Topic{"inodes used up", "filesystem_inodes_full", ""},
    Topic{"inodes will be used up", "filesystem_inodes_filling", ""},
    Topic{"became read-only", "filesystem_read_only filesystem_remounted_read_only", ""},
    Topic{"mount of fstab missing", "mount_missing", ""},
    Topic{"mount hung", "mount_hung", ""},
    Topic{"ext4 errors", "filesystem_errors filesystem_error_reported", ""},
    Topic{"XFS shut down", "filesystem_error_reported", "also: xfs_log_waits when it is slow"},
    Topic{"btrfs device errors", "filesystem_errors", ""},
    Topic{"btrfs metadata full", "btrfs_allocated", ""},
    Topic{"ZFS pool degraded", "zfs_pool_degraded", ""},
    Topic{"ZFS pool full, ARC throttled", "filesystem_full zfs_arc_throttled", ""},
    Topic{"LVM thin pool full", "thin_pool_full_reported",
          "how full it is takes an ioctl of device-mapper that needs root: scrape an exporter"},
    Topic{"space held by deleted files", "deleted_files_held deleted_files_told", ""},
    Topic{"growth of log directories", "filesystem_filling log_flood", ""},
    Topic{"disk busy", "disk_busy", ""},
    Topic{"disk queue", "disk_saturated", ""},
    Topic{"disk latency", "disk_saturated io_stall",
          "a latency without a queue and without a stall harms nobody"},
    Topic{"stall for want of I/O", "io_stall", ""},
    Topic{"I/O errors and timeouts", "disk_errors disk_timeouts io_error_reported disk_offline",
          ""},
    Topic{"SMART failing", "",
          "reading it needs root and wakes sleeping disks; smartd's log lines become events"},
    Topic{"NVMe critical warning", "nvme_down",
          "the wear page needs root; smartd's log lines become events"},
    Topic{"RAID degraded", "raid_degraded", ""},
    Topic{"RAID copies differ", "raid_mismatches", ""},
    Topic{"multipath path lost", "multipath_path_lost device_mapper_suspended", ""},
    Topic{"FC or iSCSI session down", "fibre_channel_down iscsi_session_down", ""},
    Topic{"bcache dirty or racing", "bcache_races bcache_dirty", ""},
    Topic{"link down", "link_down", ""},
    Topic{"link flapping", "link_flapping", ""},
    Topic{"speed or duplex dropped", "link_slowed link_half_duplex", ""},
    Topic{"bandwidth saturated", "bandwidth_in_saturated bandwidth_out_saturated", ""},
    Topic{"interface errors", "nic_receive_errors nic_transmit_errors", ""},
    Topic{"interface drops", "nic_receive_drops nic_transmit_drops nic_fifo_overruns", ""},
    Topic{"packet storm or collapse", "packet_storm", "a collapse: the learned baseline sees it"},
    Topic{"packets dropped by the cores", "softnet_drops softnet_squeezed", ""},
    Topic{"bond degraded", "bond_degraded", ""},
    Topic{"TCP retransmits", "tcp_retransmits", ""},
    Topic{"accept queue overflows", "accept_queue_overflows listen_drops", ""},
    Topic{"SYN queue drops, cookies", "syn_queue_drops syn_cookies_sent syn_flood_reported", ""},
    Topic{"TCP memory pressure", "tcp_memory_pressure tcp_memory_aborts tcp_memory_reported", ""},
    Topic{"orphans, TIME_WAIT, local ports", "tcp_orphans_many ephemeral_ports_scarce", ""},
    Topic{"resets and failed connects", "connects_fail resets_sent connects_time_out", ""},
    Topic{"UDP buffer errors", "udp_receive_overflow udp_send_overflow", ""},
    Topic{"connection table full", "conntrack_full conntrack_drops conntrack_full_reported", ""},
    Topic{"neighbour table full", "neighbours_full neighbours_full_reported neighbours_near_limit",
          ""},
    Topic{"default route lost", "default_route_lost", ""},
    Topic{"DNS failing or slow", "names_resolve_slowly",
          "what waits for its answer is seen; to ask needs a prober, as blackbox_exporter is"},
    Topic{"NFS retransmits", "nfs_retransmits", ""},
    Topic{"InfiniBand errors", "infiniband_errors infiniband_down", ""},
    Topic{"network device never freed", "", "its kernel line is kept as evidence: rare, and old"},
    Topic{"hung task", "hung_task hung_task_reported", ""},
    Topic{"kernel oops, bug, warning", "kernel_oops kernel_oops_reported kernel_warning", ""},
    Topic{"lock-up, RCU stall", "soft_lockup hard_lockup rcu_stall cpu_stall_reported", ""},
    Topic{"kernel tainted anew", "kernel_tainted", ""},
    Topic{"machine check, PCIe errors",
          "machine_check pcie_errors_fatal pcie_errors_nonfatal hardware_error_reported", ""},
    Topic{"panic at the last boot", "crash_record_found", ""},
    Topic{"unexpected reboot", "rebooted", ""},
    Topic{"tasks stuck in the kernel", "tasks_stuck process_stuck", ""},
    Topic{"file handles of the system", "file_handles_used_up file_handles_reported", ""},
    Topic{"file handles of a process", "process_files_used_up process_leaks_files", ""},
    Topic{"process ids used up", "pids_used_up", ""},
    Topic{"quotas of inotify, aio, keys",
          "inotify_instances_used_up aio_requests_used_up keys_used_up", ""},
    Topic{"SysV semaphores", "semaphores_used_up semaphore_arrays_used_up", ""},
    Topic{"entropy (before Linux 5.18)", "entropy_low", ""},
    Topic{"audit backlog", "audit_backlog_reported", ""},
    Topic{"slow clock source", "clocksource_slow", ""},
    Topic{"unit failed", "unit_failed", ""},
    Topic{"crash loop", "unit_restarts", ""},
    Topic{"unit stuck starting or stopping",
          "unit_stuck_starting unit_stuck_stopping service_stopped_by_signal", ""},
    Topic{"expected process or port absent", "",
          "only the owner knows what is expected: a rule or a condition of your own"},
    Topic{"zombies, runaway children", "zombies_many unit_tasks_refused unit_tasks_near_limit", ""},
    Topic{"segfaults and core dumps", "programs_crash", ""},
    Topic{"timer missed", "unit_stuck_starting unit_failed",
          "systemd starts what is due, late if it must; what it starts may hang or fail"},
    Topic{"unit near its memory limit", "unit_memory_near_limit unit_memory_throttled", ""},
    Topic{"memory kill in a unit", "unit_oom_kill", ""},
    Topic{"unit throttled by its quota", "unit_cpu_throttled unit_io_throttled", ""},
    Topic{"unit at its task limit", "unit_tasks_refused tasks_refused_reported", ""},
    Topic{"container unhealthy or looping", "",
          "asking an engine's socket is asking for root; scrape the engine's exporter"},
    Topic{"container runtime dead", "unit_failed unit_restarts", "as a unit like any other"},
    Topic{"over-temperature", "over_temperature", ""},
    Topic{"fan, voltage, power supply", "fan_stopped sensor_alarm", ""},
    Topic{"IPMI event log", "", "it needs root and a slow bus: scrape ipmi_exporter"},
    Topic{"battery or UPS low", "battery_low power_lost", ""},
    Topic{"hardware watchdog", "watchdog_near_expiry", ""},
    Topic{"GPU errors", "gpu_errors", ""},
    Topic{"clock offset", "clock_offset clock_stepped", ""},
    Topic{"clock unsynchronised", "clock_unsynchronised clock_error_large", ""},
    Topic{"time service down", "unit_failed clock_unsynchronised", ""},
    Topic{"reboot required", "reboot_required", ""},
    Topic{"certificate expiring", "certificate_expiring", "of the files that the owner names"},
    Topic{"kernel or package changed", "", "a change is no fault: it is weighed as a cause"},
    Topic{"storm of sync()", "io_stall", "the stall it makes is seen, and who writes"},
    Topic{"source of data stale", "source_lost exporter_down", ""},
    Topic{"host silent", "", kCentral},
    Topic{"host under-used", "", "no fault: a report of a central server"},
};

std::string duration_text(Duration duration) {
    return std::string(to_text(duration));
}

std::string dash_if_empty(std::string_view text) {
    return text.empty() ? "-" : std::string(text);
}

}  // namespace

std::span<const Topic> topics() {
    return kTopics;
}

std::string signal_text(const Condition& condition) {
    if (condition.event) {
        std::string out = fmt::format("event {}", name_of(*condition.event));
        if (!condition.event_text.empty()) out += fmt::format(" with '{}'", condition.event_text);
        if (condition.event_times > 1) {
            out += fmt::format(", {} in {}", condition.event_times,
                               duration_text(condition.event_within));
        }
        return out;
    }
    std::string out(condition.metric);
    if (!condition.per.empty()) out += fmt::format(" / {}", condition.per);
    return out;
}

std::string limits_text(const Condition& condition) {
    if (condition.event) return "-";
    std::string out;
    for (const ConditionStep& step : condition.steps) {
        if (!out.empty()) out += ", ";
        out += fmt::format("{:g} {}", step.limit, name_of(step.severity));
        if (!condition.room_metric.empty()) {
            out += fmt::format(" with {} left", human_bytes(step.room_max));
        }
    }
    out = fmt::format("{} {}", name_of(condition.comparison), out);
    if (condition.times_usual > 0) out += fmt::format("; {:g} x usual", condition.times_usual);
    if (condition.confirm.ns > 0) out += fmt::format("; for {}", duration_text(condition.confirm));
    return out;
}

std::string witness_text(const Condition& condition) {
    if (condition.witness.metric.empty()) return "-";
    std::string out = fmt::format("{} >= {:g}", condition.witness.metric, condition.witness.limit);
    if (!condition.witness_or.metric.empty()) {
        out += fmt::format("{} {} >= {:g}", condition.stands_in ? "; where that is unknown" : " or",
                           condition.witness_or.metric, condition.witness_or.limit);
    }
    return out;
}

std::string conditions_manual(std::span<const Condition> conditions) {
    std::string out =
        "# Conditions\n\n"
        "This page is generated: `homeostat conditions --markdown`. The last column of the second\n"
        "table names the stock rule that helps; it does nothing until its owner allows it.\n"
        "A counter is read as its rate per second, except with `grew`. docs/incidents.md tells "
        "how\n"
        "conditions become incidents, and how to change them or add your own.\n\n"
        "## What can go wrong, and what sees it\n\n"
        "| topic | conditions | remark |\n|---|---|---|\n";
    for (const Topic& topic : topics()) {
        out += fmt::format("| {} | {} | {} |\n", topic.name, dash_if_empty(topic.conditions),
                           dash_if_empty(topic.reason));
    }
    out +=
        "\n## The conditions\n\n"
        "| name | signal | limit | witness | opens | remedy |\n|---|---|---|---|---|---|\n";
    for (const Condition& condition : conditions) {
        out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", condition.name,
                           signal_text(condition), limits_text(condition), witness_text(condition),
                           condition.incident.empty() ? "notable" : condition.incident,
                           dash_if_empty(condition.remedy));
    }
    out += "\nForecasts:\n\n| name | signal | opens | remedy |\n|---|---|---|---|\n";
    for (const ForecastRule& rule : stock_forecasts()) {
        out += fmt::format("| {} | {} | {} | {} |\n", rule.name, rule.metric, rule.incident,
                           dash_if_empty(rule.remedy));
    }
    return out;
}

}  // namespace homeostat
