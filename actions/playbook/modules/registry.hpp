// Every module there is, by name. `meta` is the engine's own business and not among them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "actions/playbook/module.hpp"

namespace homeostat::playbook {

struct ModuleRow {
    std::string_view name;  // as written in a playbook, without "ansible.builtin."
    const ModuleSpec* spec = nullptr;
    std::string_view about;  // one line for the manual
};

std::span<const ModuleRow> module_table();

// `name` with or without "ansible.builtin."; nullptr: no such module.
const ModuleSpec* find_module(std::string_view name);

// What to say about a name that is no module: why, and what to write instead.
std::string unknown_module_advice(std::string_view name);

// What the first task of a play without `gather_facts: false` runs. Cannot be named in a file.
const ModuleSpec& gather_facts_module();

}  // namespace homeostat::playbook
