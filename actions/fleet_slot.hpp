// Fleet slots: when may this host act, so that not all hosts of a fleet act at once, without one
// word between them.
//
// Time is cut into slots of equal length. Each host has one slot in 1 / at_once of them, by a hash
// of its machine id and the day: of 1,000 hosts with at_once 0.02, some 20 may act at any moment,
// each gets a turn every 50 slots, and the same two hosts do not meet for ever (reliability rule
// B24). Everything is a function of the wall clock: a clock that is wrong moves a host into others'
// slots, it gives it no more of them.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/time.hpp"

namespace homeostat {

struct FleetTurns {
    double at_once = 1;  // the largest share of the fleet that may act at once; 1: no turns
    Duration slot = minutes(5);
};
inline constexpr double kAtOnceMin = 0.001;
inline constexpr Duration kSlotMin = minutes(1);
inline constexpr Duration kSlotMax = hours(1);

// How many slots there are until a host's turn comes again.
std::uint32_t slots_of(const FleetTurns& turns);

// Nought when it is this host's turn now; otherwise how long until it is.
Duration until_turn(const FleetTurns& turns, std::string_view host_id, std::int64_t unix_ns);

}  // namespace homeostat
