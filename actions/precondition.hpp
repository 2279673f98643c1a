// What must be true on this host for an action to run, found out anew by the actuator itself: the
// watcher's word is not enough (reliability rule B2).
#pragma once

#include "actions/allow_list.hpp"
#include "core/fixed_string.hpp"
#include "core/result.hpp"
#include "core/root.hpp"
#include "core/spawner.hpp"

namespace homeostat {

struct PreconditionState {
    bool holds = false;
    bool known = false;        // looking again after the action tells whether it helped
    double level = 0;          // how bad, in [0,1], where that has degrees: the share in use
    FixedString<95> measured;  // for people: "97.2 % used", "ActiveState failed"
};

// Errc::NotAvailable and the like when it cannot be found out: then the action does not run either.
Result<PreconditionState> examine(const Precondition& precondition, const AllowedTarget& target,
                                  const Root& root, Spawner& spawner);

// True when this absolute path is a mount point in the text of /proc/self/mountinfo (proc(5)): the
// fifth field, with its octal escapes.
bool is_mount_point(std::string_view mountinfo, std::string_view path);

// The share of a file system that is in use, as df(1) counts it: what root has reserved is neither
// used nor free. 0 when it has no size.
double used_share(const FilesystemUsage& usage);

}  // namespace homeostat
