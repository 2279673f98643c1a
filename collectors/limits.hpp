// LimitsCollector watches what the kernel has only so many of: file handles, process ids, threads,
// asynchronous I/O requests.
//
// Sources: Documentation/admin-guide/sysctl/{fs,kernel}.rst. Reading file-nr walks counters of
// every CPU (0.3 ms cold), so this runs every ten seconds.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

struct FileHandles {
    std::uint64_t used = 0;
    std::uint64_t limit = 0;
};

// fs.file-nr: allocated, unused, maximum. Errc::Parse unless it is three numbers.
Result<FileHandles> parse_file_nr(std::string_view text);

// The number of threads on the host, from /proc/loadavg's "running/threads".
std::optional<std::uint64_t> parse_thread_count(std::string_view loadavg);

class LimitsCollector final : public Collector {
public:
    explicit LimitsCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
