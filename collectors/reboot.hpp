// RebootCollector tells whether an installed update waits for a reboot.
//
// Source: Debian's update-notifier and needrestart make /run/reboot-required. Other distributions
// do not, so on those the answer is unknown rather than no.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class RebootCollector final : public Collector {
public:
    explicit RebootCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable on hosts that are not of Debian's family.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
