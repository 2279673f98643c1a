// UptimeCollector reads /proc/uptime: seconds since boot. Source: proc_uptime(5).
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// Errc::Parse unless the text begins with a finite number that is not negative.
Result<double> parse_uptime(std::string_view text);

class UptimeCollector final : public Collector {
public:
    explicit UptimeCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile file_{"proc/uptime"};
};

}  // namespace homeostat
