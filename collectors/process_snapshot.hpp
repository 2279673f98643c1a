// ProcessSnapshot is what the processes were doing at one moment, as text for a person: one line
// each, ordered by process id.
//
//     pid, state, cores, memory, its growth, bytes written and read a second, threads, open files
//     (0: not counted), seconds from boot to its start, name and systemd unit
//
// All but the kernel's threads are told where they are kSnapshotProcesses or fewer. Of more: the
// first kSnapshotOfEach by each of these, what waits in the kernel or has ended and was not
// collected (states D and Z, of the kernel too, kSnapshotWaiting at most), and others while there
// is room. Made at an incident's onset (agent/agent.cpp); it stays on this host
// (agent/incidents/incident_store.hpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/fixed_string.hpp"

namespace homeostat {

inline constexpr std::size_t kSnapshotOfEach = 20;
inline constexpr std::uint32_t kSnapshotWaiting = 64;
inline constexpr std::size_t kSnapshotProcesses = 204;

// That many lines of the longest name and unit, some 225 bytes, and what stands above them.
using ProcessSnapshotText = FixedString<48'000>;

}  // namespace homeostat
