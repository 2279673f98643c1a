// DiskStateCollector reads whether the kernel still talks to each disk, and with SCSI disks and
// NVMe controllers that is all of a drive's health that /sys shows: the SMART pages need root's
// ioctls.
//
// Sources: drivers/scsi/scsi_sysfs.c (running, offline, transport-offline, blocked ...),
// drivers/nvme/host/sysfs.c (live, resetting, connecting, deleting, dead).
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class DiskStateCollector final : public Collector {
public:
    explicit DiskStateCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable without SCSI or NVMe disks.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
