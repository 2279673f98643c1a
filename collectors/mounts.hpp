// MountsCollector asks each local file system how full it is.
//
// Mounts that may hang (network, FUSE) are never asked: see mountinfo.hpp. Sources:
// proc_pid_mountinfo(5), statvfs(3).
#pragma once

#include "collectors/collector.hpp"
#include "collectors/mountinfo.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// What df calls Use%: of the space that is there for everybody, the share that is used. Nothing for
// a file system without size.
std::optional<double> used_ratio(const FilesystemUsage& usage);
std::optional<double> files_used_ratio(const FilesystemUsage& usage);

class MountsCollector final : public Collector {
public:
    explicit MountsCollector(Workbench& bench) : bench_(bench) {}
    // Reports what answers; the last failure, if any, is the status. A mount point that is a single
    // file or hidden by another mount is no failure.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile file_{"proc/self/mountinfo"};
};

}  // namespace homeostat
