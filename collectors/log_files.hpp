// LogFilesCollector follows the configured log files and hands their lines on.
//
// Series of each file (subject: its path): log_lines_count, and log_lost_bytes, what was skipped
// because it came faster than we read.
#pragma once

#include <vector>

#include "collectors/collector.hpp"
#include "collectors/followed_log.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class LogFilesCollector final : public Collector {
public:
    explicit LogFilesCollector(Workbench& bench);

    // Errc::NotAvailable where none is configured; else the first file's error, after all were
    // tried.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    struct Log {
        FollowedLog file;
        std::uint64_t lines = 0;
    };

    Workbench& bench_;
    std::vector<Log> logs_;  // sized once
};

}  // namespace homeostat
