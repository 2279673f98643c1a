// FstabCollector compares what should be mounted with what is.
//
// A mount that is missing lets its programs write into the directory beneath, which fills another
// disk and hides the data later. Sources: fstab(5), proc_pid_mountinfo(5). Entries with noauto,
// swap and those that systemd mounts on demand (x-systemd.automount) may be missing on purpose.
#pragma once

#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"
#include "core/fixed_vector.hpp"
#include "core/function_ref.hpp"

namespace homeostat {

// Calls `mount` with each mount point of /etc/fstab that should be there, blanks still escaped.
void parse_fstab(std::string_view text, FunctionRef<void(std::string_view)> mount);

class FstabCollector final : public Collector {
public:
    explicit FstabCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable without /etc/fstab, or when it wants nothing mounted.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
