// The words that incident records are made of, as zstd dictionary 1. Never edit it: records on
// disk were packed with it. A better one is added beside it, with a number of its own.
//
// zstd reaches the end of a dictionary most cheaply, so the most frequent words come last. The odd
// bytes are the tags and lengths that stand before the words in an encoded incident.
#pragma once

#include <string_view>

namespace homeostat {

inline constexpr std::string_view kPayloadDictionary1 =
    "exporter_scrape_seconds exporter_up conntrack_used_ratio conntrack_entries_count "
    "filesystem_files_used_ratio filesystem_inodes_full filesystem_inodes_filling "
    "filesystem_inodes has used % of its inodes filesystem_read_only became read-only "
    "context_switches_count interrupts_count forks_count tasks_blocked_count tasks_running_count "
    "tcp_established_count tcp_retransmits_count tcp_listen_drops_count network_receive_bytes "
    "network_transmit_bytes network_receive_errors_count network_receive_drops_count "
    "unit_memory_used_ratio unit_tasks_used_ratio unit_failed unit_restarts_count "
    "memory_exhausted swap_full memory_stall oom_kill memory_available_ratio swap_used_ratio "
    "pressure_memory_some_avg60_ratio pressure_memory_full_avg60_ratio "
    "pressure_cpu_some_avg60_ratio "
    "pressure_io_some_avg60_ratio pressure_io_full_avg60_ratio load1 load5 load15 cpu_busy_ratio "
    "cpu_iowait_ratio cpu_steal_ratio disk_busy_ratio disk_read_bytes disk_write_bytes "
    "learned_spike learned_level_shift learned_trend learned_variance learned_flat_line "
    "nvme0n1 sda vda vdb xvda md0 dm-0 eth0 ens3 ens5 eno1 bond0 systemd-journald postgresql "
    "mysqld "
    "java python3 node postgres nginx apache2 rsyslogd dockerd containerd kubelet kworker dd tar "
    "rsync backup system.slice/ user.slice/ session-1.scope .service .slice "
    "/var/lib/docker /var/lib/postgresql /var/log/journal /var/log /var/lib /var/tmp /var /home "
    "/boot/efi /boot /srv /opt /tmp /data /mnt "
    "\n\x0crestart unit\x12\x10restart-unit.yml\n\x12"
    "clean rotated logs\x12\x0e"
    "clean-disk.yml"
    "\x1a\x07observe\x1a\x09recommend\x1a\x04"
    "auto\"\x07planned\"\x07running\"\x07refused"
    "\"\x06"
    "failed\"\x0bineffective\"\x09"
    "effective*"
    "not on the allow-list cooldown budget is used up maintenance waits for approval "
    "the actuator cannot be reached removed files, freed MiB ok changed "
    ": is (limit ) GiB/s full in d to d) h to h) "
    " is 95 % full, grows 1.2 KiB/s, full in 45 min (30 min to 1.2 h)"
    " is 86 % full, grows 1.2 MiB/s, full in 6 min (5 min to 8 min)r"
    "\x1a\x13learned_level_shift\"\x10"
    "filesystem_space*\x07\x08\x04\x12\x03"
    "vda2\x10"
    "disk_write_bytes8\x01"
    "\x08\x01\x10\x01\x1a\x12"
    "filesystem_filling\"\x10"
    "filesystem_space2\x15"
    "filesystem_used_bytes8\x01"
    "\x10\x01\x1a\x0f"
    "filesystem_full\"\x10"
    "filesystem_space2\x15"
    "filesystem_used_ratio"
    " (pid 1234) writes 1.2 MiB/s to /var\x12\x0cprocess:\x92\x01\n\x15"
    "filesystem_used_ratio"
    "\x10\xbf\xe0\x03\x18";

}  // namespace homeostat
