// What the file modules share: attributes from parameters, results from stat(2).
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "actions/playbook/accounts.hpp"
#include "actions/playbook/module.hpp"
#include "actions/playbook/safe_path.hpp"

namespace homeostat::playbook {

// `mode`, `owner` and `group`. Errc::NotFound: nobody is called so. Errc::Denied: a set-user-id,
// set-group-id or sticky bit below the root of a grant: a program that is root's and anybody's to
// start would reach beyond that root.
Result<Attributes> read_attributes(const ModuleCall& call, const PathGrant& grant);

// What an error of read_attributes() comes to.
ModuleResult refused(const Error& error);

inline constexpr mode_t kSpecialBits = 07000;  // set-user-id, set-group-id, sticky

// "0644".
std::string mode_text(mode_t mode);

// "file", "directory", "link", "fifo", "socket", "block" or "char".
std::string_view kind_of(mode_t mode);

// The fields of `stat` that both `stat` and `find` give. Files of one owner, mode and device share
// all that follows from these: a clean-up keeps such mappings by the ten thousand.
class StatFields {
public:
    explicit StatFields(const Accounts& accounts);  // for the names; borrowed

    Map of(const std::string& path, const struct stat& info);

private:
    struct Kind {
        mode_t mode;
        uid_t uid;
        gid_t gid;
        dev_t device;
        MapShape shape;
    };
    static constexpr std::size_t kKindsMax = 16;  // at once; a directory has a few

    const MapShape& shape_of(const struct stat& info);

    const Accounts& accounts_;
    MapShape keys_;
    std::vector<Kind> kinds_;
};

// `mode`, `uid`, `gid`, `size`, `state` into a result.
void add_state(Map& fields, const struct stat& info);

}  // namespace homeostat::playbook
