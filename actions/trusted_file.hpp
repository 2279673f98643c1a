// Files that root may believe.
//
// A root process that reads its orders from a file which somebody else can change takes its orders
// from them (sudoers wildcards, OMS agent, CVE-2024-32019). So a file counts only when it, and
// every directory above it, belongs to root (or to the user we run as, when that is not root) and
// cannot be written by group or others. A directory that everybody may write in, such as /tmp, is
// passed only if it is sticky and root's: there, nobody can replace another's entry. Symbolic links
// are refused anywhere in the path (reliability rule B5).
//
// What is checked is what is read: the file is opened once, by openat2(2) below the checked parent,
// and examined and read through that descriptor.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace homeostat {

// The whole file. `path` is absolute, without `..`. Errc::Denied names the first part of the path
// that cannot be believed and why; Errc::NotFound when a part is missing; Errc::Limit when it is
// larger than `size_max`.
Result<std::string> read_trusted_file(const std::string& path, std::size_t size_max);

// The whole of a file that anybody may have put there: to be believed by its signature alone. No
// link is followed on the whole path, nothing but a regular file is read, and nothing is waited
// for. Errors as above, but that nobody's right to write is asked for.
Result<std::string> read_anybodys_file(const std::string& path, std::size_t size_max);

// The names in a directory that may be believed, sorted bytewise; with `suffix` only those that end
// in it. Hidden names are left out.
Result<std::vector<std::string>> list_trusted_directory(const std::string& path,
                                                        std::string_view suffix);

// Ok when the directory exists and it and all above it may be believed.
Status check_trusted_directory(const std::string& path);

// Ok when nobody but root can put something else at this path: of all above it only root is owner,
// and only root can write there. In a shared directory (/tmp) what lies there must be root's or
// ours. /var/log may be writable by its group, as Ubuntu ships it: who is in that group moves the
// logs about anyway. What is at the path itself may belong to anybody. Errors as above.
Status check_trusted_way(const std::string& path);

// Ok when the program at this absolute path may be started with our rights: a trusted regular file
// that somebody may execute, without set-user-id bits. Symbolic links are refused, so name the file
// itself.
Status check_trusted_program(const std::string& path);

}  // namespace homeostat
