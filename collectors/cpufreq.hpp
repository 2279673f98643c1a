// CpufreqCollector reads how fast the cores run against what they could, and how many are offline.
//
// Power capping, a failing supply and heat all show as a clock that stays low under load. Sources:
// Documentation/admin-guide/pm/cpufreq.rst, Documentation/admin-guide/cputopology.rst.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// How many cores a list such as "0-3,8" names. Nothing for another kind of text.
std::optional<std::uint32_t> count_cpu_list(std::string_view text);

class CpufreqCollector final : public Collector {
public:
    explicit CpufreqCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable where neither clocks nor the list of cores can be read.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
