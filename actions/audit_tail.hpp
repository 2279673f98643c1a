// The end of the audit log, for a person to read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace homeostat {

// The last `count` lines of DIRECTORY/audit.log, oldest first, as they stand. A log that was begun
// anew a moment ago is short: the older lines are in audit.log.1. Errc::NotFound without a log.
Result<std::vector<std::string>> last_audit_lines(const std::string& directory, std::size_t count);

// One line of the log in one line of words: when, what, by which rule in which mode, what came of
// it. A line that is none of ours is shown as it stands, with a mark.
std::string tell_audit_line(std::string_view line);

}  // namespace homeostat
