// DrillFitness: whether this host is well enough for a drill.
//
// Who is ill is not drilled: a host that already waits for its processor, memory or disks, or that
// has little memory left, would only get worse, and the drill would prove nothing. Unknown is not
// well: where pressure cannot be read (kernels without PSI), the load average decides.
#pragma once

#include "core/result.hpp"
#include "core/root.hpp"

namespace homeostat {

// Shares of the last ten seconds in which somebody waited, and what is left of memory.
struct HostStrain {
    double cpu = 0;
    double memory = 0;
    double io = 0;
    double load_per_core = 0;
    double memory_available_ratio = 1;
    bool pressure_known = false;
};

HostStrain read_strain(const Root& root, unsigned cores);

// Ok, or Errc::Failed with the reason in words.
Status check_fitness(const HostStrain& strain);

}  // namespace homeostat
