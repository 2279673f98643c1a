#include "collectors/process_files.hpp"

#include <algorithm>
#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

// Numbers of proc_pid_stat(5). The state is field 3, the first one after the name.
constexpr std::size_t kParent = 4;
constexpr std::size_t kTerminal = 7;
constexpr std::size_t kFlags = 9;
constexpr std::size_t kUserTime = 14;
constexpr std::size_t kSystemTime = 15;
constexpr std::size_t kNice = 19;
constexpr std::size_t kThreads = 20;
constexpr std::size_t kStartTime = 22;
constexpr std::size_t kRss = 24;
constexpr std::size_t kPolicy = 41;

constexpr std::int64_t kNiceFrom = 10;     // nice(1) gives so much when it is not told how much
constexpr std::uint64_t kBatchPolicy = 3;  // SCHED_BATCH
constexpr std::uint64_t kIdlePolicy = 5;   // SCHED_IDLE
constexpr std::uint64_t kKernelThreadFlag = 0x00200000;  // PF_KTHREAD

Error bad_stat(std::string_view text) {
    return make_error(Errc::Parse,
                      "proc/PID/stat: expected 'pid (name) state' and 21 numbers, "
                      "got '{}'",
                      excerpt(text));
}

// The policy stands behind fields that we do not want; a short line has none.
bool is_batch_policy(std::string_view rest) {
    for (std::size_t i = kRss + 1; i < kPolicy; ++i) (void)next_word(rest);
    const auto policy = parse_u64(next_word(rest));
    return policy == kBatchPolicy || policy == kIdlePolicy;
}

bool ends_in(std::string_view text, std::string_view end) {
    return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_unit_name(std::string_view name) {
    return ends_in(name, ".service") || ends_in(name, ".scope") || ends_in(name, ".slice");
}

}  // namespace

Result<ProcessStat> parse_process_stat(std::string_view text) {
    const auto open = text.find(" (");
    const auto close = text.rfind(") ");  // the name may hold any byte, also ')'
    if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) {
        return bad_stat(text);
    }
    ProcessStat stat;
    const auto pid = parse_u64(text.substr(0, open));
    if (!pid || *pid > INT32_MAX) return bad_stat(text);
    stat.pid = static_cast<std::int32_t>(*pid);
    stat.name = text.substr(open + 2, close - open - 2);

    std::string_view rest = text.substr(close + 2);
    const std::string_view state = next_word(rest);
    if (state.size() != 1) return bad_stat(text);
    stat.state = state[0];

    std::array<std::uint64_t, kRss + 1> field{};
    for (std::size_t i = kParent; i < field.size(); ++i) {
        const std::string_view word = next_word(rest);
        if (i == kNice) stat.gives_way = parse_i64(word).value_or(0) >= kNiceFrom;
        // Some fields are signed (tpgid, nice); those that we want are not.
        field[i] = parse_u64(word).value_or(0);
        if (word.empty() || (!parse_u64(word) && !parse_i64(word))) return bad_stat(text);
    }
    stat.parent_pid = static_cast<std::int32_t>(std::min<std::uint64_t>(field[kParent], INT32_MAX));
    stat.has_terminal = field[kTerminal] != 0;
    stat.gives_way = stat.gives_way || is_batch_policy(rest);
    stat.kernel_thread = (field[kFlags] & kKernelThreadFlag) != 0;
    stat.cpu_ticks = field[kUserTime] + field[kSystemTime];
    stat.threads = field[kThreads];
    stat.start_ticks = field[kStartTime];
    stat.rss_pages = field[kRss];
    return stat;
}

std::optional<std::uint64_t> parse_written_bytes(std::string_view text) {
    for (std::string_view line; next_line(text, line);) {
        if (next_word(line) == "wchar:") return next_u64(line);
    }
    return std::nullopt;
}

std::optional<std::uint64_t> parse_disk_read_bytes(std::string_view text) {
    for (std::string_view line; next_line(text, line);) {
        if (next_word(line) == "read_bytes:") return next_u64(line);
    }
    return std::nullopt;
}

std::optional<std::uint64_t> parse_open_files_limit(std::string_view text) {
    constexpr std::string_view kName = "Max open files ";
    for (std::string_view line; next_line(text, line);) {
        if (line.substr(0, kName.size()) != kName) continue;
        line.remove_prefix(kName.size());
        return next_u64(line);
    }
    return std::nullopt;
}

bool is_open_for_writing(std::string_view fdinfo) {
    constexpr int kOctal = 8;
    constexpr std::uint64_t kWriteOnly = 1;  // O_WRONLY
    constexpr std::uint64_t kReadWrite = 2;  // O_RDWR
    constexpr std::uint64_t kAccessMask = 3;
    for (std::string_view line; next_line(fdinfo, line);) {
        if (next_word(line) != "flags:") continue;
        const auto flags = parse_u64(next_word(line), kOctal);
        const std::uint64_t access = flags.value_or(0) & kAccessMask;
        return access == kWriteOnly || access == kReadWrite;
    }
    return false;
}

std::optional<std::uint64_t> parse_mount_id(std::string_view fdinfo) {
    for (std::string_view line; next_line(fdinfo, line);) {
        if (next_word(line) == "mnt_id:") return next_u64(line);
    }
    return std::nullopt;
}

std::string_view unit_of_path(std::string_view path) {
    while (!path.empty()) {
        const auto slash = path.rfind('/');
        const std::string_view name =
            slash == std::string_view::npos ? path : path.substr(slash + 1);
        if (is_unit_name(name)) return name;
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
    }
    return {};
}

FixedString<63> process_path(std::int32_t pid, std::string_view file) {
    FixedString<63> path;
    format_into(path, "proc/{}/{}", pid, file);
    return path;
}

FixedString<127> unit_of_cgroup(std::string_view text) {
    std::string_view unified;
    std::string_view legacy;
    for (std::string_view line; next_line(text, line);) {
        // hierarchy-ID:controllers:path
        const auto first = line.find(':');
        const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
        if (second == std::string_view::npos) continue;
        const std::string_view controllers = line.substr(first + 1, second - first - 1);
        const std::string_view unit = unit_of_path(line.substr(second + 1));
        if (controllers.empty() && line.substr(0, first) == "0") unified = unit;
        if (controllers == "name=systemd") legacy = unit;
    }
    return {unified.empty() ? legacy : unified};
}

}  // namespace homeostat
