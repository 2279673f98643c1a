// Parsers of the small files that /proc keeps for each process.
//
// Sources: proc_pid_stat(5), proc_pid_io(5), proc_pid_cgroup(5), proc_pid_fdinfo(5).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/fixed_string.hpp"
#include "core/result.hpp"

namespace homeostat {

struct ProcessStat {
    std::int32_t pid = 0;
    std::string_view name;  // comm: up to 15 bytes, any of them, parentheses and line feeds too
    char state = '?';
    bool kernel_thread = false;
    bool has_terminal = false;  // a person may have stopped it with Ctrl-Z
    bool gives_way = false;     // by its niceness or its scheduling class: it takes what is left
    std::int32_t parent_pid = 0;
    std::uint64_t cpu_ticks = 0;  // user and system
    std::uint64_t threads = 0;
    std::uint64_t start_ticks = 0;  // after boot
    std::uint64_t rss_pages = 0;
};

// /proc/PID/stat. Errc::Parse when the name's parentheses or one of the fields is missing.
Result<ProcessStat> parse_process_stat(std::string_view text);

// `wchar` of /proc/PID/io: bytes given to write(2) and its kin, whatever became of them.
std::optional<std::uint64_t> parse_written_bytes(std::string_view text);

// `read_bytes` of /proc/PID/io: what was fetched from a disk for it.
std::optional<std::uint64_t> parse_disk_read_bytes(std::string_view text);

// The soft limit of open files in /proc/PID/limits; nothing when it is unlimited or missing.
std::optional<std::uint64_t> parse_open_files_limit(std::string_view text);

// Whether /proc/PID/fdinfo/FD says that the descriptor was opened for writing.
bool is_open_for_writing(std::string_view fdinfo);

// The mount that the descriptor's file lies on, as mountinfo of the same process counts them;
// nothing before Linux 3.15.
std::optional<std::uint64_t> parse_mount_id(std::string_view fdinfo);

// The systemd unit in /proc/PID/cgroup: the last path element that ends in .service, .scope or
// .slice, of the unified hierarchy ("0::") if it has one, else of systemd's own ("name=systemd").
FixedString<127> unit_of_cgroup(std::string_view text);

// "proc/PID/file".
FixedString<63> process_path(std::int32_t pid, std::string_view file);

// unit_of_cgroup() for one cgroup path, for example "/system.slice/cron.service".
std::string_view unit_of_path(std::string_view path);

}  // namespace homeostat
