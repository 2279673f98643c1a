// HostSources are what collectors read beside the small files of the root directory: logs and file
// stamps, the kernel's log, the clock's discipline, and what systemd said last.
//
// Made once for each agent and kept longer than it.
#pragma once

#include <string>

#include "agent/config/config.hpp"
#include "collectors/clock_discipline.hpp"
#include "collectors/failed_units.hpp"
#include "collectors/kernel_log.hpp"
#include "collectors/mount_prober.hpp"
#include "collectors/workbench.hpp"
#include "core/files.hpp"

namespace homeostat {

class HostSources {
public:
    // `root` is the directory that stands for /, open as `files`.
    HostSources(const std::string& root, DirectoryFiles files)
        : files_(std::move(files)), kernel_log_(root + "/dev/kmsg") {}

    // What an agent's collectors are given. A directory that stands for another host must not be
    // given this one's clock, mounts and systemd.
    [[nodiscard]] WorkbenchSettings bench(const Config& config, bool this_host);

    // To be filled by a UnitSurvey.
    [[nodiscard]] FailedUnits& failed_units() { return failed_units_; }

private:
    DirectoryFiles files_;
    FailedUnits failed_units_;
    DeviceKernelLog kernel_log_;
    KernelClockDiscipline clock_discipline_;
    ForkedMountProber mount_prober_;
};

}  // namespace homeostat
