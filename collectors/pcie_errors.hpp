// PcieErrorsCollector reads the errors that PCI Express devices reported, over all of them.
//
// Source: Documentation/ABI/testing/sysfs-bus-pci-devices-aer_stats. The kernel's log names the
// device; so many devices with a series each would be a waste.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// The number on the line that begins with "TOTAL_ERR_". Nothing when there is none.
std::optional<std::uint64_t> parse_aer_total(std::string_view text);

class PcieErrorsCollector final : public Collector {
public:
    explicit PcieErrorsCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when no device counts its errors.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
