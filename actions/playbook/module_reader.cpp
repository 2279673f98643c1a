#include "actions/playbook/module_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "actions/playbook/loader.hpp"
#include "actions/playbook/modules/registry.hpp"
#include "actions/playbook/words.hpp"
#include "core/nearest.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::array<std::string_view, 25> kTaskKeys{
    "name",        "args",         "register",    "when",        "changed_when",
    "failed_when", "until",        "retries",     "delay",       "loop",
    "with_items",  "loop_control", "vars",        "notify",      "tags",
    "no_log",      "check_mode",   "environment", "timeout",     "become",
    "run_once",    "listen",       "become_user", "delegate_to", "ignore_errors"};

// Known to Ansible, and what to do instead.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kRefusedKeys{{
    {"async", "use 'timeout'"},
    {"poll", "use 'timeout'"},
    {"local_action", "write the module itself: everything runs on this host"},
    {"action", "write the module itself"},
    {"module_defaults", "write the parameters where they are used"},
    {"throttle", "one host has nothing to throttle"},
    {"diff", "use the option --diff"},
    {"debugger", "use the option --check"},
    {"include", "one file holds all tasks"},
}};

constexpr std::array<std::string_view, 5> kMetaKeys{"name", "when", "tags", "meta",
                                                    "ansible.builtin.meta"};

std::string_view without_collection(std::string_view name) {
    constexpr std::string_view kCollection = "ansible.builtin.";
    return name.starts_with(kCollection) ? name.substr(kCollection.size()) : name;
}

Template constant(Value value, YamlMark mark) {
    Template out;
    out.mark = mark;
    out.constant = std::move(value);
    return out;
}

}  // namespace

bool is_task_key(std::string_view key) {
    return std::find(kTaskKeys.begin(), kTaskKeys.end(), key) != kTaskKeys.end();
}

Status ModuleReader::read(const YamlNode& node, Task& task) const {
    const YamlEntry* module = nullptr;
    for (const YamlEntry& entry : node.entries) {
        if (is_task_key(entry.key)) continue;
        for (const auto& [key, advice] : kRefusedKeys) {
            if (entry.key == key) {
                return reader_.refuse(entry.key_mark, "'{}' is not accepted: {}", key, advice);
            }
        }
        const bool is_meta = without_collection(entry.key) == "meta";
        if (!is_meta && find_module(entry.key) == nullptr) {
            return reader_.refuse(entry.key_mark, "{}{}", unknown_module_advice(entry.key),
                                  did_you_mean(entry.key, kTaskKeys));
        }
        if (module != nullptr) {
            return reader_.refuse(entry.key_mark, "a task has one module: '{}' or '{}'",
                                  module->key, entry.key);
        }
        module = &entry;
    }
    if (module == nullptr) return reader_.refuse(node.mark, "a task needs a module");
    name_task(node, module->key, task);
    if (without_collection(module->key) == "meta") return read_meta(*module, node, task);
    task.module = find_module(module->key);
    if (module->value.is_text()) {
        if (auto read = read_free_form(*module, node, task); !read) return read;
    } else {
        if (const YamlEntry* args = node.find("args")) {
            return reader_.refuse(args->key_mark, "'args' goes with the free form only");
        }
        if (auto read = read_parameters(module->value, task); !read) return read;
    }
    return check_parameters(task);
}

void ModuleReader::name_task(const YamlNode& node, std::string_view module, Task& task) const {
    const YamlEntry* name = node.find("name");
    if (name != nullptr && !name->value.text.empty()) return;
    task.has_name = false;
    task.name_source = module;
    task.name = constant(module, node.mark);
}

Status ModuleReader::read_meta(const YamlEntry& entry, const YamlNode& node, Task& task) const {
    static constexpr std::array<std::string_view, 3> kActions{"flush_handlers", "end_play", "noop"};
    for (const YamlEntry& other : node.entries) {
        if (std::find(kMetaKeys.begin(), kMetaKeys.end(), other.key) == kMetaKeys.end()) {
            return reader_.refuse(other.key_mark, "'meta' does not go with '{}'", other.key);
        }
    }
    const auto action = reader_.literal_text(entry.value, entry.key);
    if (!action) return action.error();
    const auto found = std::find(kActions.begin(), kActions.end(), *action);
    if (found == kActions.end()) {
        return reader_.refuse(entry.value.mark, "'meta' knows flush_handlers, end_play and noop{}",
                              did_you_mean(*action, kActions));
    }
    static constexpr std::array<MetaAction, 3> kMeanings{MetaAction::FlushHandlers,
                                                         MetaAction::EndPlay, MetaAction::Noop};
    task.meta = kMeanings[static_cast<std::size_t>(found - kActions.begin())];
    if (task.meta == MetaAction::FlushHandlers && !task.when.empty()) {
        return reader_.refuse(node.mark,
                              "flush_handlers cannot have a condition: Ansible ignores it");
    }
    return Ok{};
}

Status ModuleReader::read_parameters(const YamlNode& node, Task& task) const {
    if (node.is_null()) return Ok{};
    if (!node.is_map()) {
        return reader_.refuse(node.mark, "'{}' needs a mapping of parameters, not {}",
                              task.module->name, name_of(node.kind));
    }
    for (const YamlEntry& entry : node.entries) {
        if (auto read = read_parameter(entry, task); !read) return read;
    }
    return Ok{};
}

Status ModuleReader::read_parameter(const YamlEntry& entry, Task& task) const {
    TaskParameter parameter;
    parameter.mark = entry.value.mark;
    parameter.name = entry.key;
    parameter.spec = find_parameter(task.module->parameters, entry.key);
    if (task.module->any_name) {
        if (!is_variable_name(entry.key) || entry.key == "cacheable") {
            return reader_.refuse(entry.key_mark, "'{}' cannot be the name of a variable",
                                  entry.key);
        }
    } else if (parameter.spec == nullptr) {
        std::vector<std::string_view> names;
        for (const ParameterSpec& spec : task.module->parameters) names.push_back(spec.name);
        return reader_.refuse(entry.key_mark, "'{}' has no parameter '{}'{}", task.module->name,
                              entry.key, did_you_mean(entry.key, names));
    }
    for (const TaskParameter& other : task.parameters) {
        if (parameter.spec != nullptr && other.spec == parameter.spec) {
            return reader_.refuse(entry.key_mark, "'{}' and '{}' are the same parameter",
                                  other.name, entry.key);
        }
    }
    const ParameterType type =
        parameter.spec == nullptr ? ParameterType::Any : parameter.spec->type;
    const bool not_given = entry.value.is_null() && parameter.spec != nullptr;
    if (not_given && type != ParameterType::Any) return Ok{};
    if (type == ParameterType::Expression || type == ParameterType::Expressions) {
        if (auto read = read_expressions(entry.value, parameter); !read) return read;
    } else {
        auto value = reader_.value(entry.value);
        if (!value) return value.error();
        parameter.value = std::move(*value);
        if (type == ParameterType::Mode && entry.value.is_int()) {
            if (!entry.value.text.starts_with('0')) {
                return reader_.refuse(entry.value.mark,
                                      "a mode is octal: write \"0{}\" instead of {}",
                                      entry.value.text, entry.value.text);
            }
            parameter.value.constant = fmt::format("{:04o}", entry.value.integer);
        }
    }
    task.parameters.push_back(std::move(parameter));
    return Ok{};
}

Status ModuleReader::read_expressions(const YamlNode& node, TaskParameter& parameter) const {
    const bool one = parameter.spec->type == ParameterType::Expression;
    // Ansible puts {{ }} around `var`, which turns backslash escapes off.
    const Backslash backslash = one ? Backslash::Literal : Backslash::Escapes;
    const auto add = [&](const YamlNode& item) -> Status {
        auto expr = compile_expression(item, reader_.file(), backslash);
        if (!expr) return expr.error();
        parameter.expressions.push_back({item.text, std::move(*expr)});
        return Ok{};
    };
    if (!node.is_list() || one) return add(node);
    for (const YamlNode& item : node.items) {
        if (auto added = add(item); !added) return added;
    }
    return Ok{};
}

// `command: ls -l /srv`, with the other parameters under `args`.
Status ModuleReader::read_free_form(const YamlEntry& entry, const YamlNode& node,
                                    Task& task) const {
    if (!task.module->free_form) {
        return reader_.refuse(entry.value.mark, "'{}' needs a mapping of parameters, not text",
                              task.module->name);
    }
    if (const std::string word = embedded_parameter(entry.value.text); !word.empty()) {
        return reader_.refuse(entry.value.mark,
                              "'{}' in the free form: write parameters under 'args'", word);
    }
    TaskParameter cmd;
    cmd.spec = find_parameter(task.module->parameters, "cmd");
    cmd.name = "cmd";
    cmd.mark = entry.value.mark;
    auto value = reader_.value(entry.value);
    if (!value) return value.error();
    cmd.value = std::move(*value);
    task.parameters.push_back(std::move(cmd));
    const YamlEntry* args = node.find("args");
    return args == nullptr ? Status(Ok{}) : read_parameters(args->value, task);
}

// Everything that is known already must be acceptable and allowed.
Status ModuleReader::check_parameters(const Task& task) const {
    Parameters known;
    for (const TaskParameter& parameter : task.parameters) {
        Parameter one;
        one.name = parameter.spec == nullptr ? parameter.name : parameter.spec->name;
        one.mark = parameter.mark;
        if (!parameter.expressions.empty()) {
            one.expressions = &parameter.expressions;
        } else if (parameter.spec != nullptr) {
            auto value = convert_parameter(*parameter.spec, known_value(parameter.value));
            if (!value) {
                return reader_.refuse(parameter.mark, "{}: {}", parameter.name, value.error().text);
            }
            one.value = std::move(*value);
        }
        known.all.push_back(std::move(one));
    }
    const ModuleSpec& module = *task.module;
    if (module.validate != nullptr) {
        if (auto valid = module.validate(known); !valid) {
            return reader_.refuse(task.mark, "{}: {}", module.name, valid.error().text);
        }
    }
    if (module.authorise != nullptr) {
        if (auto allowed = module.authorise(known, environment_); !allowed) {
            return reader_.refuse(task.mark, "{}: not allowed here: {}", module.name,
                                  allowed.error().text);
        }
    }
    return Ok{};
}

}  // namespace homeostat::playbook
