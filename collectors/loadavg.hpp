// LoadAvgCollector reads /proc/loadavg: the three averages of tasks that run or wait for a disk.
//
// Source: proc_loadavg(5).
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

struct LoadAverages {
    double one_minute = 0;
    double five_minutes = 0;
    double fifteen_minutes = 0;
};

// Errc::Parse unless the text begins with three numbers that are finite and not negative.
Result<LoadAverages> parse_loadavg(std::string_view text);

class LoadAvgCollector final : public Collector {
public:
    explicit LoadAvgCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile file_{"proc/loadavg"};
};

}  // namespace homeostat
