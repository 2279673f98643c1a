// SensorsCollector reads /sys/class/hwmon: temperatures against their limits, fans, and the alarms
// of voltages, currents and power supplies.
//
// Source: Documentation/hwmon/sysfs-interface.rst (temperatures in millidegrees). A sensor is named
// by its chip and place, "coretemp-hwmon3/temp1": a host may have two chips of one name.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class SensorsCollector final : public Collector {
public:
    static constexpr std::uint32_t kSensorsMax = 128;  // more: sensors_untracked_count

    explicit SensorsCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable when the host has no sensor.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
