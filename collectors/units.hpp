// UnitsCollector reads the cgroup of each systemd service and of each container that has a scope
// (docker, podman, a kubelet with the systemd driver): its CPU, memory, I/O, tasks and stalls.
//
// The tree is systemd's own; on hosts with the old hierarchies, alone or beside the unified one,
// the numbers come from there as far as they have them (no stalls). See unit_readings.hpp. Scopes
// of sessions have no series; those of containers come and go under names that never return, so
// they have no more than a share of the room. A service beneath another (a user's) counts within
// it.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class UnitsCollector final : public Collector {
public:
    static constexpr std::uint32_t kUnitsMax = 128;  // more are counted in units_untracked_count
    static constexpr std::uint32_t kScopesMax = 64;  // of these

    explicit UnitsCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable without a hierarchy that systemd populates.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
