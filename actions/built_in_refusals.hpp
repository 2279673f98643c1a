// What no file on this host can allow: the built-in refusals (reliability rules B6, C3).
//
// A person who really wants one of these does it by hand. There is no switch.
#pragma once

#include <string_view>

#include "core/result.hpp"
#include "core/root.hpp"

namespace homeostat {

// Why files at or beneath this directory may never be changed by an action; empty: nothing against
// it. Refused are the trees of the system itself, other people's data and the places that hold
// what others trust; directories such as /srv or /var/log as a whole, though not what is beneath;
// and everything that lies above a refused place. `path` is absolute and normal.
std::string_view path_refusal(std::string_view path);

// The same for a file found at run time, whose name may hold any character that a file name may.
std::string_view place_refusal(std::string_view path);

// Why this unit may never be started, stopped or restarted by an action; empty: nothing against it.
// Refused are what the host, its log-in and its network run on, and Homeostat itself.
std::string_view unit_refusal(std::string_view unit);

// Denied if this unit's file is a link to a unit that unit_refusal() refuses: udev.service stands
// for systemd-udevd.service.
Status check_unit_alias(std::string_view unit, const Root& root);

// Why this program may never be on an allow-list; empty: nothing against it. Refused are programs
// that run other programs or text given to them: an entry for one would be an entry for all.
std::string_view program_refusal(std::string_view path);

// A file name that marks its directory as a database: nothing beside it is ever deleted.
bool marks_database(std::string_view file_name);

// An absolute path without empty, `.` or `..` parts, without pattern characters, control characters
// or a slash at its end (but "/" itself).
bool is_exact_path(std::string_view path);

// The same, but for the characters.
bool is_plain_path(std::string_view path);

// A unit name as systemd spells it, with a suffix that an action can start or stop, and without
// pattern characters.
bool is_exact_unit(std::string_view name);

}  // namespace homeostat
