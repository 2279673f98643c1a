// PstoreCollector counts what the kernel left for us when it last died.
//
// Sources: Documentation/ABI/testing/pstore; systemd-pstore(8) moves the records to
// /var/lib/systemd/pstore. The kernel shows its own directory to root only.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class PstoreCollector final : public Collector {
public:
    explicit PstoreCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when there is no such directory.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
