// What a person asked to have written to a place of their choice, on the command line: `-o FILE`.
//
// A regular file is replaced as a whole, so that what was there stays when the new one cannot be
// written. Anything else is written through, never replaced: a device (/dev/full, /dev/null), a
// pipe, a link, and with it /dev/stdout. Root's `-o /dev/null` must not take the device away.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

// Whether a rename may put a file there: nothing is there yet, or a regular file. The link itself
// is looked at, not what it leads to.
bool is_replaceable(const std::string& path);

// A new file has the mode 0644. The error names the path. Waits for a reader where `path` is a
// named pipe, as every program does.
Status write_output_file(const std::string& path, std::string_view content);

}  // namespace homeostat
