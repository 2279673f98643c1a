// Properties of a systemd unit, by `systemctl show`: how the actuator itself looks at a unit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/spawner.hpp"

namespace homeostat {

// The output of `systemctl show -p NAME... -- UNIT` for a unit that is loaded. NotFound without
// systemctl, NotAvailable for a unit that is not there, Failed when systemctl fails.
Result<std::string> show_unit(const std::string& unit, std::span<const char* const> names,
                              Spawner& spawner);

// Runs `systemctl set-property --runtime -- UNIT NAME=VALUE...`.
Status set_unit_properties(const std::string& unit, const std::vector<std::string>& assignments,
                           Spawner& spawner);

// Runs `systemctl revert -- UNIT`: takes away all that is laid over a unit of the distribution, in
// /etc and /run, whoever made it. REQUIRES: the caller knows that this is its own.
Status revert_unit(const std::string& unit, Spawner& spawner);

// The value of `name` in lines of `Name=value`, as `systemctl show` prints them; empty if missing.
std::string_view unit_property(std::string_view text, std::string_view name);

// MemoryCurrent of such lines, in bytes; nothing when nobody counts it, or the unit does not run.
std::optional<std::uint64_t> memory_in_use(std::string_view text);

}  // namespace homeostat
