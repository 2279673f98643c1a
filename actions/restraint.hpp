// Restraint: a unit gets less of the processor, of the disks or of memory for a while.
//
// The gentle remedy for a job that takes what others need: nothing is stopped, and what was set
// before comes back when the time is over. It goes through systemd (`systemctl set-property
// --runtime`: CPUWeight=, IOWeight=, MemoryHigh=; systemd.resource-control(5)), which owns the
// control groups, enables the controllers that it takes, and forgets it all at the next boot.
//
// A share is only ever lowered. What was there before is read first and kept by the actuator
// (ledger.hpp); it is put back only where our value still stands, so that a person who set another
// one meanwhile keeps it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fixed_string.hpp"
#include "core/result.hpp"
#include "core/spawner.hpp"
#include "core/time.hpp"

namespace homeostat {

inline constexpr std::uint32_t kWeightMax = 99;  // the default of every unit is 100
inline constexpr double kMemoryHighMin = 0.5;    // of what it uses; less would thrash it
inline constexpr Duration kRestraintMin = minutes(1);
inline constexpr Duration kRestraintMax = hours(24);

// What a rule asks for; at least one of the three.
struct Restraint {
    std::optional<std::uint32_t> cpu_weight;  // 1 to kWeightMax
    std::optional<std::uint32_t> io_weight;
    std::optional<double> memory_high;  // a share of what it uses now, kMemoryHighMin to 1
    Duration length;                    // then it is put back
};

// One property of the unit: what it was, and what it is meanwhile. As systemd writes them: a
// number, "infinity", or empty for the default.
struct ShareChange {
    std::string property;
    std::string before;
    std::string during;

    friend bool operator==(const ShareChange&, const ShareChange&) = default;
};

// What would change for this unit; empty when it has less already. Changes nothing. Errors as of
// examine_unit(): no systemctl, no such unit.
Result<std::vector<ShareChange>> plan_restraint(const Restraint& restraint, const std::string& unit,
                                                Spawner& spawner);

Status begin_restraint(const std::vector<ShareChange>& changes, const std::string& unit,
                       Spawner& spawner);

// Puts back what still has our value; what somebody else has set since is left alone. Returns how
// many were put back. May be repeated. systemd's files in /run with the values are taken away, too,
// where that takes nothing else away: the unit is the distribution's, nobody else has changed it,
// and it had the defaults before. Elsewhere they say what holds anyway, until the next boot.
Result<std::size_t> end_restraint(const std::vector<ShareChange>& changes, const std::string& unit,
                                  Spawner& spawner);

// For people: "CPUWeight 100 -> 20, MemoryHigh infinity -> 52428800".
FixedString<111> describe_changes(const std::vector<ShareChange>& changes);

}  // namespace homeostat
