// LogFilesCollector follows the configured log files and hands their lines on.
//
// Series of each file (subject: its path): log_lines_count, and log_lost_bytes, what was skipped
// because it came faster than we read. A file on a mount that may hang (network, FUSE) is not read:
// its server would hold up the watch of the whole host. The mounts are looked at every kMountLooks
// runs.
#pragma once

#include <vector>

#include "collectors/collector.hpp"
#include "collectors/followed_log.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class LogFilesCollector final : public Collector {
public:
    static constexpr std::uint32_t kMountLooks = 60;

    explicit LogFilesCollector(Workbench& bench);

    // Errc::NotAvailable where none is configured; else the first file's error, after all were
    // tried.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    struct Log {
        FollowedLog file;
        std::uint64_t lines = 0;
        bool may_hang = false;
    };

    void look_at_mounts(const Root& root);

    Workbench& bench_;
    std::vector<Log> logs_;  // sized once
    std::uint32_t runs_ = 0;
};

}  // namespace homeostat
