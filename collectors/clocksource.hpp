// ClocksourceCollector reads whether the kernel fell back to a slow clock, and its entropy.
//
// When the processor's own counter proves unstable the kernel reads a device instead, and every
// gettimeofday(2) of every program becomes some hundred times dearer. Sources:
// Documentation/timers/timekeeping.rst, random(4); since Linux 5.18 entropy is always enough.
#pragma once

#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// Whether reading this clock source means talking to a device.
bool is_slow_clocksource(std::string_view name);

class ClocksourceCollector final : public Collector {
public:
    explicit ClocksourceCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when neither can be read.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
