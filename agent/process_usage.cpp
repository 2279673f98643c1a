#include "agent/process_usage.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/file.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kNumbersBytesMax = 256;

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::uint64_t count_descriptors() {
    DIR* directory = ::opendir("/proc/self/fd");
    if (directory == nullptr) return 0;
    std::uint64_t count = 0;
    while (const dirent* entry = ::readdir(directory)) count += entry->d_name[0] == '.' ? 0 : 1;
    ::closedir(directory);
    return count > 0 ? count - 1 : 0;  // not the one that we read it by
}

}  // namespace

bool parse_statm(std::string_view text, std::uint64_t page_bytes, ProcessUsage& out) {
    const auto total = next_u64(text);
    const auto resident = next_u64(text);
    if (!total || !resident) return false;
    out.virtual_bytes = *total * page_bytes;
    out.resident_bytes = *resident * page_bytes;
    return true;
}

bool parse_schedstat(std::string_view text, ProcessUsage& out) {
    const auto ran_ns = next_u64(text);
    const auto waited_ns = next_u64(text);
    if (!ran_ns || !waited_ns) return false;
    out.waited_seconds = static_cast<double>(*waited_ns) * 1e-9;
    return true;
}

ProcessUsage read_process_usage() {
    ProcessUsage usage;
    rusage spent{};
    if (::getrusage(RUSAGE_SELF, &spent) == 0) {
        usage.cpu_seconds = seconds_of(spent.ru_utime) + seconds_of(spent.ru_stime);
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.max_fds = limit.rlim_cur;
    if (const auto text = read_file("/proc/self/statm", kNumbersBytesMax)) {
        (void)parse_statm(*text, static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)), usage);
    }
    if (const auto text = read_file("/proc/self/schedstat", kNumbersBytesMax)) {
        (void)parse_schedstat(*text, usage);
    }
    usage.open_fds = count_descriptors();
    return usage;
}

}  // namespace homeostat
