// Host guards: what stops every action on this host, whatever it is.
//
// Each looks at one thing and refuses with the reason for people. A stop that is unclear is a stop.
#pragma once

#include <string>

#include "actions/allow_list.hpp"
#include "core/result.hpp"
#include "core/root.hpp"
#include "core/time.hpp"

namespace homeostat {

// In so many of a hundred seconds nothing at all could run for want of memory (PSI, "full", the
// last minute): an action then makes a host slower that can hardly work. Only entries marked
// `relief` run. A processor that tasks wait for is no such sign: that is what a busy host looks
// like.
inline constexpr double kMemoryStallMax = 40;

// Nobody has said stop: STATE/pause and STATE/maintenance are not there, nor a link of that name.
Status check_stops(const std::string& state_directory);

// The host has run for long enough since it booted; what is seen before is often not yet true.
Status check_boot_grace(const AllowList& list, Instant now);

// It is this host's turn (actions/fleet_slot.hpp).
Status check_turn(const AllowList& list, const Root& root, Instant now);

// The host is not so short of memory that only relief may run. A kernel without /proc/pressure
// stops nothing: nobody can tell.
Status check_pressure(const Root& root);

// The number behind `window` ("avg60=") in the line of /proc/pressure/RESOURCE that begins with
// `kind` ("some", "full"); a negative number when there is none.
double stall_percent(std::string_view text, std::string_view kind, std::string_view window);

}  // namespace homeostat
