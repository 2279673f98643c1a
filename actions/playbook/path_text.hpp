// Paths as text, before anything is opened.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace homeostat::playbook {

// The path without "//", "/./" and a slash at its end. Refused: "..", an empty path, a NUL, more
// than PATH_MAX bytes, and, unless `may_be_relative`, a path that does not begin with "/".
Result<std::string> normal_path(std::string_view path, bool may_be_relative);

// "/a/b" for "/a/b/c"; "/" for "/a" and "/".
std::string_view parent_of(std::string_view path);
// "c" for "/a/b/c".
std::string_view last_name_of(std::string_view path);

// `path` is `place` or beneath it. Both normal.
bool is_at_or_below(std::string_view path, std::string_view place);

// Holds a `*`, `?` or `[`.
bool has_pattern(std::string_view path);

}  // namespace homeostat::playbook
