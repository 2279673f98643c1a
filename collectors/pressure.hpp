// PressureCollector reads /proc/pressure: for how long tasks were stalled for want of a resource.
//
// Source: Documentation/accounting/psi.rst. "some" is time in which at least one task waited,
// "full" time in which all of them did. The rate of these counters is a share of time, 0 to 1.
#pragma once

#include <array>
#include <optional>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

struct PressureLine {
    double total_seconds = 0;
    double avg60 = 0;  // share of the last minute, 0 to 1
};

struct PressureLines {
    std::optional<PressureLine> some;
    std::optional<PressureLine> full;  // for the CPU since Linux 5.13
};

// One pressure file, of the host or of a cgroup. Errc::Parse when it has neither line, or one
// without avg60= and total=.
Result<PressureLines> parse_pressure(std::string_view text);

class PressureCollector final : public Collector {
public:
    explicit PressureCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when the kernel has none of the files (before 4.20, or psi=0).
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    std::array<KeptFile, 4> files_{KeptFile("proc/pressure/cpu"), KeptFile("proc/pressure/memory"),
                                   KeptFile("proc/pressure/io"), KeptFile("proc/pressure/irq")};
};

}  // namespace homeostat
