// What the file modules share: attributes from parameters, results from stat(2).
#pragma once

#include <sys/stat.h>

#include <string>

#include "actions/playbook/accounts.hpp"
#include "actions/playbook/module.hpp"
#include "actions/playbook/safe_path.hpp"

namespace homeostat::playbook {

// `mode`, `owner` and `group`. Errc::NotFound: nobody is called so.
Result<Attributes> read_attributes(const ModuleCall& call);

// "0644".
std::string mode_text(mode_t mode);

// "file", "directory", "link", "fifo", "socket", "block" or "char".
std::string_view kind_of(mode_t mode);

// The fields of `stat` that both `stat` and `find` give. `accounts` for the names.
Map stat_fields(const std::string& path, const struct stat& info, const Accounts& accounts);

// `mode`, `uid`, `gid`, `size`, `state` into a result.
void add_state(Map& fields, const struct stat& info);

}  // namespace homeostat::playbook
