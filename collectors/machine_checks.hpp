// MachineChecksCollector reads the interrupts by which a processor reports that something is wrong
// with it: machine checks, deferred errors, thermal events.
//
// Source: Documentation/arch/x86/x86_64/machinecheck.rst, arch/x86/kernel/irq.c: rows of
// /proc/interrupts with one column for each core. Other architectures have no such rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// The sum over all cores of the row of this name ("MCE"). Nothing when there is no such row.
std::optional<std::uint64_t> sum_interrupt_row(std::string_view text, std::string_view name);

class MachineChecksCollector final : public Collector {
public:
    explicit MachineChecksCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when the processor counts none of them.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
