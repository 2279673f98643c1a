// ModuleReader finds the module of a task and reads its parameters.
//
// Everything that is known before the task runs is checked here: unknown names, values of the wrong
// kind, and whatever the policy forbids.
#pragma once

#include <string_view>

#include "actions/playbook/environment.hpp"
#include "actions/playbook/play.hpp"
#include "actions/playbook/reader.hpp"

namespace homeostat::playbook {

// A key of a task that is not its module.
bool is_task_key(std::string_view key);

class ModuleReader {
public:
    ModuleReader(const Reader& reader, const Environment& environment)
        : reader_(reader), environment_(environment) {}

    // Sets the task's module or meta action, its parameters, and its name when it has none.
    // REQUIRES: the task's conditions are set.
    Status read(const YamlNode& node, Task& task) const;

private:
    Status read_meta(const YamlEntry& entry, const YamlNode& node, Task& task) const;
    Status read_parameters(const YamlNode& node, Task& task) const;
    Status read_parameter(const YamlEntry& entry, Task& task) const;
    Status read_expressions(const YamlNode& node, TaskParameter& parameter) const;
    Status read_free_form(const YamlEntry& entry, const YamlNode& node, Task& task) const;
    Status check_parameters(const Task& task) const;
    void name_task(const YamlNode& node, std::string_view module, Task& task) const;

    const Reader& reader_;
    const Environment& environment_;
};

}  // namespace homeostat::playbook
