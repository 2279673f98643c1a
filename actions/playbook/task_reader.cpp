#include "actions/playbook/task_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "actions/playbook/loader.hpp"
#include "actions/playbook/modules/program.hpp"
#include "core/nearest.hpp"

namespace homeostat::playbook {
Result<std::unique_ptr<Task>> TaskReader::read_task(const YamlNode& node, const Inherited& outer,
                                                    bool is_handler) const {
    auto task = std::make_unique<Task>();
    task->mark = node.mark;
    Inherited own = outer;
    for (const YamlEntry& entry : node.entries) {
        if (!is_task_key(entry.key)) continue;
        if (auto read = read_key(entry, node, *task, own, is_handler); !read) return read.error();
    }
    task->when = std::move(own.when);
    task->variables = std::move(own.variables);
    task->environment = std::move(own.environment);
    task->tags = std::move(own.tags);
    task->ignore_errors = std::move(own.ignore_errors);
    if (auto module = modules_.read(node, *task); !module) return module.error();
    if (is_handler && task->meta != MetaAction::None) {
        return reader_.refuse(node.mark, "'meta' cannot be a handler");
    }
    return task;
}

Status TaskReader::read_key(const YamlEntry& entry, const YamlNode& node, Task& task,
                            Inherited& own, bool is_handler) const {
    if (entry.key == "name") {
        auto name = reader_.value(entry.value);
        if (!name) return name.error();
        if (!entry.value.is_scalar() || entry.value.is_null()) {
            return reader_.refuse(entry.value.mark, "'name' must be text, not {}",
                                  name_of(entry.value.kind));
        }
        if (is_handler && !name->is_constant()) {
            return reader_.refuse(entry.value.mark, "the name of a handler must be literal text");
        }
        task.name_source = entry.value.text;
        task.name = std::move(*name);
        return Ok{};
    }
    if (entry.key == "until") return read_until(node, task);
    if (entry.key == "retries" || entry.key == "delay") {
        if (node.find("until") != nullptr) return Ok{};
        return reader_.refuse(entry.key_mark, "'{}' needs an 'until'", entry.key);
    }
    if (entry.key == "loop" || entry.key == "with_items") return read_loop(entry, node, task);
    if (entry.key == "loop_control") {
        if (node.find("loop") != nullptr || node.find("with_items") != nullptr) return Ok{};
        return reader_.refuse(entry.key_mark, "'loop_control' needs a 'loop'");
    }
    if (entry.key == "notify" || entry.key == "listen") {
        return read_handler_lists(entry, task, is_handler);
    }
    if (entry.key == "when" || entry.key == "changed_when" || entry.key == "failed_when") {
        return read_condition_key(entry, task, own);
    }
    if (auto inherited = read_inherited(entry, own); !inherited) return inherited;
    return read_plain_key(entry, task);
}

Status TaskReader::read_condition_key(const YamlEntry& entry, Task& task, Inherited& own) const {
    auto all = reader_.conditions(entry.value, entry.key);
    if (!all) return all.error();
    std::vector<Expr>& target = entry.key == "when"           ? own.when
                                : entry.key == "changed_when" ? task.changed_when
                                                              : task.failed_when;
    for (Expr& one : *all) target.push_back(std::move(one));
    return Ok{};
}

Status TaskReader::read_inherited(const YamlEntry& entry, Inherited& inner) const {
    if (entry.key == "when") {
        Task nobody;
        return read_condition_key(entry, nobody, inner);
    }
    if (entry.key == "vars") {
        auto layer = read_variables(entry.value);
        if (!layer) return layer.error();
        inner.variables.push_back(std::make_shared<const VariableLayer>(std::move(*layer)));
    } else if (entry.key == "tags") {
        const auto tags = reader_.literal_texts(entry.value, entry.key, true);
        if (!tags) return tags.error();
        inner.tags.insert(inner.tags.end(), tags->begin(), tags->end());
    } else if (entry.key == "ignore_errors") {
        auto ignore = reader_.bool_or_template(entry.value, entry.key);
        if (!ignore) return ignore.error();
        inner.ignore_errors = std::move(*ignore);
    } else if (entry.key == "environment") {
        return read_environment(entry.value, inner);
    } else if (entry.key == "become" || entry.key == "run_once") {
        if (auto flag = reader_.literal_bool(entry.value, entry.key); !flag) return flag.error();
    }
    return Ok{};
}

Status TaskReader::read_plain_key(const YamlEntry& entry, Task& task) const {
    const YamlNode& value = entry.value;
    if (entry.key == "register") {
        auto name = reader_.variable_name(value, entry.key);
        if (!name) return name.error();
        task.register_name = std::move(*name);
        return Ok{};
    }
    if (entry.key == "become_user") return expect_word(entry, "root");
    if (entry.key == "delegate_to") return expect_word(entry, "localhost");
    std::optional<Template>* target = entry.key == "check_mode" ? &task.check_mode
                                      : entry.key == "no_log"   ? &task.no_log
                                      : entry.key == "timeout"  ? &task.timeout
                                                                : nullptr;
    if (target == nullptr) return Ok{};
    auto compiled = entry.key == "timeout" ? reader_.int_or_template(value, entry.key, 0)
                                           : reader_.bool_or_template(value, entry.key);
    if (!compiled) return compiled.error();
    *target = std::move(*compiled);
    return Ok{};
}

Status TaskReader::expect_word(const YamlEntry& entry, std::string_view word) const {
    if (entry.value.is_text() && entry.value.text == word) return Ok{};
    return reader_.refuse(entry.value.mark, "'{}' can only be '{}' here", entry.key, word);
}

Result<VariableLayer> TaskReader::read_variables(const YamlNode& node) const {
    VariableLayer layer;
    if (node.is_null()) return layer;
    if (!node.is_map()) {
        return reader_.refuse(node.mark, "'vars' must be a mapping, not {}", name_of(node.kind));
    }
    for (const YamlEntry& entry : node.entries) {
        if (!is_variable_name(entry.key)) {
            return reader_.refuse(entry.key_mark, "'{}' cannot be the name of a variable",
                                  entry.key);
        }
        auto value = reader_.value(entry.value);
        if (!value) return value.error();
        layer.push_back({entry.key, std::move(*value)});
    }
    return layer;
}

Status TaskReader::read_environment(const YamlNode& node, Inherited& inner) const {
    if (node.is_null()) return Ok{};
    auto value = reader_.value(node);
    if (!value) return value.error();
    const bool is_expression = value->kind == Template::Kind::Text && value->pieces.size() == 1;
    if (!node.is_map() && !is_expression) {
        return reader_.refuse(node.mark, "'environment' must be a mapping, not {}",
                              name_of(node.kind));
    }
    for (const YamlEntry& entry : node.entries) {
        if (auto allowed = check_variable(entry.key); !allowed) {
            return reader_.refuse(entry.key_mark, "{}", allowed.error().text);
        }
    }
    inner.environment.push_back(std::make_shared<const Template>(std::move(*value)));
    return Ok{};
}

Status TaskReader::read_until(const YamlNode& node, Task& task) const {
    Until until;
    auto conditions = reader_.conditions(node.find("until")->value, "until");
    if (!conditions) return conditions.error();
    until.conditions = std::move(*conditions);
    if (const YamlEntry* retries = node.find("retries")) {
        auto value = reader_.int_or_template(retries->value, "retries", 1);
        if (!value) return value.error();
        until.retries = std::move(*value);
    }
    if (const YamlEntry* delay = node.find("delay")) {
        auto value = reader_.int_or_template(delay->value, "delay", 0);
        if (!value) return value.error();
        until.delay = std::move(*value);
    }
    task.until = std::move(until);
    return Ok{};
}

Status TaskReader::read_loop(const YamlEntry& entry, const YamlNode& node, Task& task) const {
    if (task.loop) return reader_.refuse(entry.key_mark, "'loop' and 'with_items' in one task");
    auto list = reader_.value(entry.value);
    if (!list) return list.error();
    const bool is_expression = list->kind == Template::Kind::Text && list->pieces.size() == 1;
    if (!entry.value.is_list() && !is_expression) {
        return reader_.refuse(entry.value.mark, "'{}' must be a list or one expression, not {}",
                              entry.key, name_of(entry.value.kind));
    }
    task.loop.emplace();
    task.loop->list = std::move(*list);
    task.loop->flatten = entry.key == "with_items";
    const YamlEntry* control = node.find("loop_control");
    return control == nullptr ? Status(Ok{}) : read_loop_control(control->value, task);
}

Status TaskReader::read_loop_control(const YamlNode& control, Task& task) const {
    if (!control.is_map()) {
        return reader_.refuse(control.mark, "'loop_control' must be a mapping");
    }
    static constexpr std::array<std::string_view, 4> kKeys{"loop_var", "index_var", "label",
                                                           "pause"};
    for (const YamlEntry& entry : control.entries) {
        if (entry.key == "loop_var" || entry.key == "index_var") {
            auto name = reader_.variable_name(entry.value, entry.key);
            if (!name) return name.error();
            (entry.key == "loop_var" ? task.loop->item_name : task.loop->index_name) = *name;
        } else if (entry.key == "label" || entry.key == "pause") {
            auto value = reader_.value(entry.value);
            if (!value) return value.error();
            (entry.key == "label" ? task.loop->label : task.loop->pause) = std::move(*value);
        } else {
            return reader_.refuse(entry.key_mark, "'loop_control' has no key '{}'{}", entry.key,
                                  did_you_mean(entry.key, kKeys));
        }
    }
    return Ok{};
}

Status TaskReader::read_handler_lists(const YamlEntry& entry, Task& task, bool is_handler) const {
    if (entry.key == "listen" && !is_handler) {
        return reader_.refuse(entry.key_mark, "'listen' is for handlers");
    }
    auto names = reader_.literal_texts(entry.value, entry.key, false);
    if (!names) return names.error();
    (entry.key == "listen" ? task.listen : task.notify) = std::move(*names);
    return Ok{};
}

}  // namespace homeostat::playbook
