// TaskReader reads one task of the file, and the keys that a block passes to its tasks.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "actions/playbook/environment.hpp"
#include "actions/playbook/module_reader.hpp"
#include "actions/playbook/play.hpp"
#include "actions/playbook/reader.hpp"

namespace homeostat::playbook {

// What the play and the blocks around a task give to it.
struct Inherited {
    std::vector<Expr> when;
    std::vector<std::shared_ptr<const VariableLayer>> variables;
    std::vector<std::shared_ptr<const Template>> environment;
    std::vector<std::string> tags;
    std::optional<Template> ignore_errors;
};

class TaskReader {
public:
    TaskReader(const Reader& reader, const Environment& environment)
        : reader_(reader), modules_(reader, environment) {}

    Result<std::unique_ptr<Task>> read_task(const YamlNode& node, const Inherited& outer,
                                            bool is_handler) const;

    // A key of a block. Keys that blocks do not pass on are left alone.
    Status read_inherited(const YamlEntry& entry, Inherited& inner) const;

    Result<VariableLayer> read_variables(const YamlNode& node) const;
    Status read_environment(const YamlNode& node, Inherited& inner) const;
    // The key may have this one value only.
    Status expect_word(const YamlEntry& entry, std::string_view word) const;

private:
    Status read_key(const YamlEntry& entry, const YamlNode& node, Task& task, Inherited& own,
                    bool is_handler) const;
    Status read_condition_key(const YamlEntry& entry, Task& task, Inherited& own) const;
    Status read_until(const YamlNode& node, Task& task) const;
    Status read_loop(const YamlEntry& entry, const YamlNode& node, Task& task) const;
    Status read_loop_control(const YamlNode& control, Task& task) const;
    Status read_handler_lists(const YamlEntry& entry, Task& task, bool is_handler) const;
    Status read_plain_key(const YamlEntry& entry, Task& task) const;

    const Reader& reader_;
    ModuleReader modules_;
};

}  // namespace homeostat::playbook
