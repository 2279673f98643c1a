// RebootCollector tells whether an installed update waits for a reboot.
//
// Source: Debian's update-notifier and needrestart make /run/reboot-required, SUSE's zypper
// /run/reboot-needed. Elsewhere (Fedora, RHEL, Arch) a kernel that was installed after the boot,
// and is not the one that runs, waits for one. Where there are no kernels either (a container), the
// answer is unknown rather than no.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class RebootCollector final : public Collector {
public:
    explicit RebootCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable where nothing would say so.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Result<bool> is_kernel_newer(const Root& root);

    Workbench& bench_;
};

}  // namespace homeostat
