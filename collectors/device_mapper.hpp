// DeviceMapperCollector reads what LVM, crypt and multipath devices tell without privilege: whether
// one is suspended, and the paths that multipath lost.
//
// A suspended device lets everybody who writes to it wait for ever. How full a thin pool is, only
// an ioctl for root tells. Sources: Documentation/ABI/testing/sysfs-block-dm,
// drivers/scsi/scsi_sysfs.c.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class DeviceMapperCollector final : public Collector {
public:
    explicit DeviceMapperCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable without device-mapper devices.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
