// Files of our own: state that must survive a crash, written so that it always does.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

// Replaces the file as a whole: a temporary beside it, fsync, rename, fsync of the directory. After
// a crash or on a full disk either the old or the new content is there.
Status write_file_atomically(const std::string& path, std::string_view content,
                             unsigned mode = 0640);

// The whole file. Errc::Limit when it is larger than `size_max`.
Result<std::string> read_file(const std::string& path, std::size_t size_max);

// Makes the directory (not its parents) if it is missing.
Status make_directory(const std::string& path, unsigned mode = 0750);

}  // namespace homeostat
