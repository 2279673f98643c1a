// ReaderRights is what a user may read, by owner, group and mode: `homeostat check` runs as root,
// the service as a user of its own, and a file that only root can read passes the one and stops the
// other. Access control lists and groups that a unit adds are not known here, so what is found is a
// warning, never an error.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/root.hpp"

namespace homeostat {

struct ReaderRights {
    std::string user;
    uid_t uid = 0;
    std::vector<gid_t> groups;  // the first is the user's own
    std::string group;          // its name
};

// By the text of /etc/passwd and /etc/group (passwd(5), group(5)). Nothing: there is no such user.
std::optional<ReaderRights> find_reader(std::string_view user, std::string_view passwd,
                                        std::string_view group);

// The same by the host's own files.
std::optional<ReaderRights> find_reader(std::string_view user, const Root& root);

// What is in the way and what to do, for `path` and the directories above it; empty: nothing. A
// file that is not there is in nobody's way.
std::string hindrance(const ReaderRights& reader, const std::string& path);

}  // namespace homeostat
