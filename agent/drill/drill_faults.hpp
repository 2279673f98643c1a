// DrillFaults: what the processes of a drill do. Called in processes that DrillLoad made.
#pragma once

#include <string>

#include "agent/drill/drill_load.hpp"
#include "core/result.hpp"

namespace homeostat {

// What was prepared for a fault and must be taken back.
struct DrillGround {
    std::string directory;  // a tmpfs of the drill's own
    bool unit = false;      // systemd has homeostat-drill.service
};

// Errc::Denied or NotAvailable when this host or user cannot; then nothing is left behind.
Result<DrillGround> prepare_ground(const DrillRow& row);

// Takes back what was prepared.
void clear_ground(const DrillRow& row, const DrillGround& ground);

// Makes the fault, for as long as it is let.
void make_fault(const DrillRow& row, const DrillSettings& settings, const DrillGround& ground);

}  // namespace homeostat
