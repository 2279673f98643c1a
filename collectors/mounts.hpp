// MountsCollector asks each file system how full it is.
//
// Mounts that may hang (network, FUSE) are asked by a helper only, every ten seconds: see
// mount_prober.hpp. One that does not answer is told as mount_hung, and counted, like one that
// answers with an error, in filesystems_unknown_count. Sources: proc_pid_mountinfo(5), statvfs(3).
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
    // Mounts for which there is no room, or whose paths are too long for a name.
    [[nodiscard]] std::string_view limit() const override { return limit_; }
    static std::span<const Metric> metrics();

private:
    void note_limit(const LocalMounts& found);
    std::uint32_t collect_remote(const LocalMounts& found, Samples& out);

    Workbench& bench_;
    KeptFile file_{"proc/self/mountinfo"};
    Instant remote_at_;  // of the last questions
    bool remote_asked_ = false;
    bool remote_waits_ = false;  // one has not answered yet
    std::uint32_t remote_unknown_ = 0;
    FixedString<255> limit_;
};

}  // namespace homeostat
