// Facts are what a playbook knows about this host before its first task, under Ansible's names.
#pragma once

#include <string_view>

#include "actions/playbook/value.hpp"
#include "core/root.hpp"
#include "core/time.hpp"

namespace homeostat::playbook {

// `ansible_hostname`, `ansible_mounts` and so on, from /proc, /etc/os-release and statvfs. What
// this host does not tell is left out: then it is an undefined name.
Map gather_facts(const Root& root, Instant now);

// The pure halves, for tests: text of the file -> facts.
void add_distribution(std::string_view os_release, Map& facts);
void add_memory(std::string_view meminfo, Map& facts);
Map date_time_facts(std::int64_t unix_ns);

}  // namespace homeostat::playbook
