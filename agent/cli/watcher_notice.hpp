// The line above what a command shows of an agent that is not there any more.
#pragma once

#include <string>

#include "agent/cli/command.hpp"
#include "agent/status_file.hpp"
#include "core/file.hpp"

namespace homeostat {

inline void warn_if_silent(const Session& session, const std::string& state) {
    const auto status = read_file(state + "/" + kStatusFile, kStatusBytesMax);
    session.errors << watcher_warning(status ? *status : std::string(),
                                      session.host.clock.now().unix_ns, watcher_state(state));
    session.errors.flush();  // above, not among, what follows
}

}  // namespace homeostat
