// UnitReadings is what the control groups say of one systemd unit, whatever their version.
//
// Everything may be missing: a controller that is not enabled says nothing, and nothing is not
// zero. Sources: Documentation/admin-guide/cgroup-v2.rst, Documentation/admin-guide/cgroup-v1/.
#pragma once

#include <optional>
#include <span>

#include "core/fixed_string.hpp"
#include "core/root.hpp"

namespace homeostat {

struct UnitReadings {
    using Number = std::optional<double>;

    Number cpu_seconds;
    Number cpu_periods;  // of a quota; missing without one
    Number cpu_throttled_periods;
    Number cpu_throttled_seconds;
    Number memory_bytes;
    Number memory_max_bytes;    // missing: no limit
    Number memory_high_events;  // version 2 only
    Number memory_max_events;   // times the limit was hit
    Number oom_kills;
    Number read_bytes;
    Number written_bytes;
    Number tasks;
    Number tasks_max;  // missing: no limit
    Number tasks_refused;
    Number cpu_stall_seconds;  // version 2 only, as are the other two
    Number memory_stall_seconds;
    Number io_stall_seconds;
    Number io_limited_stall_seconds;  // the same, of a unit whose I/O somebody limits
};

using CgroupPath = FixedString<255>;

// Reads the files of version 2 in `directory`. `buffer` holds one small file at a time.
UnitReadings read_unit_v2(const Root& root, const CgroupPath& directory, std::span<char> buffer);

// Fills in what is missing from the hierarchies of version 1 below sys/fs/cgroup, in which a unit
// has the same path ("system.slice/cron.service") as in systemd's own.
void add_unit_v1(const Root& root, std::string_view unit_path, std::span<char> buffer,
                 UnitReadings& readings);

}  // namespace homeostat
