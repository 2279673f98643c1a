// CertificatesCollector reads how long the certificates named in the config are still valid.
//
// The time left is by the wall clock, as for every program that checks one. A certificate that
// has ended has a negative time left.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class CertificatesCollector final : public Collector {
public:
    explicit CertificatesCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when the config names none. A file that cannot be read is an error that
    // names it, Errc::Io one that lies on a mount that may hang (network, FUSE), which is left
    // alone; the others are reported all the same.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
