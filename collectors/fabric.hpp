// FabricCollector reads the links that storage and clusters stand on: Fibre Channel ports, iSCSI
// sessions, InfiniBand ports.
//
// Sources: Documentation/scsi/scsi_fc_transport.rst, drivers/scsi/scsi_transport_iscsi.c,
// Documentation/ABI/stable/sysfs-class-infiniband.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class FabricCollector final : public Collector {
public:
    explicit FabricCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable without any of them.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
