// ProcessUsage is what this process costs, as the kernel counts it (proc(5), getrusage(2)).
#pragma once

#include <cstdint>
#include <string_view>

namespace homeostat {

struct ProcessUsage {
    double cpu_seconds = 0;
    double waited_seconds = 0;  // the main thread, for a processor to run on
    std::uint64_t virtual_bytes = 0;
    std::uint64_t resident_bytes = 0;
    std::uint64_t open_fds = 0;
    std::uint64_t max_fds = 0;
};

// Pure: the first two numbers of proc/self/statm, in pages. False when it is not that.
bool parse_statm(std::string_view text, std::uint64_t page_bytes, ProcessUsage& out);

// Pure: the second of the three numbers of proc/self/schedstat, nanoseconds
// (Documentation/scheduler/sched-stats.rst). False when it is not that.
bool parse_schedstat(std::string_view text, ProcessUsage& out);

// Of the calling process, whatever root the agent watches. What cannot be read is 0.
ProcessUsage read_process_usage();

}  // namespace homeostat
