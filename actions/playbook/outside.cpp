#include "actions/playbook/outside.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "actions/playbook/modules/program.hpp"
#include "actions/playbook/words.hpp"

namespace homeostat::playbook {
namespace {

// Stands for an expression in a command line that is split before anything is known.
constexpr char kHole = '\x01';

// Where a name may get its value from, as far as the file tells.
struct Source {
    const Template* value;
    const Task* task;  // whose variables and loop its expressions see
};

class OutsideCheck {
public:
    OutsideCheck(Play& play, const Map& extra, const Reader& reader, const Environment& environment)
        : play_(play), extra_(extra), reader_(reader), environment_(environment) {
        for_each_task(play_.steps, [this](Task& task) { tasks_.push_back(&task); });
        for (const auto& handler : play_.handlers) tasks_.push_back(handler.get());
        for (const Task* task : tasks_) {
            if (!task->register_name.empty()) registered_.insert(task->register_name);
        }
    }

    Status run() {
        for (Task* task : tasks_) {
            if (task->module == nullptr) continue;
            if (task->module->name != "command" && task->module->name != "shell") continue;
            mark(*task);
            auto checked =
                task->module->name == "shell" ? check_shell(*task) : check_command(*task);
            if (!checked) return checked;
        }
        return Ok{};
    }

private:
    void mark(Task& task) {
        for (TaskParameter& parameter : task.parameters) {
            for_each_piece(parameter.value, [&](TemplatePiece& piece) {
                piece.outside = piece.expr != nullptr && is_outside(*piece.expr, task);
            });
        }
    }

    [[nodiscard]] bool is_outside(const Expr& expr, const Task& task) const {
        std::set<const Template*> seen;
        return reaches_outside(expr, task, seen);
    }

    bool reaches_outside(const Expr& expr, const Task& task,
                         std::set<const Template*>& seen) const {
        bool found = false;
        for_each_name(expr, [&](const std::string& name) {
            found = found || name_reaches_outside(name, task, seen);
        });
        return found;
    }

    bool name_reaches_outside(const std::string& name, const Task& task,
                              std::set<const Template*>& seen) const {
        if (is_outside_name(name)) return true;
        bool found = false;
        for (const Source& source : sources_of(name, task)) {
            if (!seen.insert(source.value).second) continue;
            for_each_piece(*source.value, [&](const TemplatePiece& piece) {
                found = found ||
                        (piece.expr != nullptr && reaches_outside(*piece.expr, *source.task, seen));
            });
        }
        return found;
    }

    [[nodiscard]] bool is_outside_name(const std::string& name) const {
        if (name == "ansible_check_mode") return false;
        return extra_.find(name) != nullptr || registered_.count(name) > 0 ||
               name.starts_with("ansible_");
    }

    [[nodiscard]] std::vector<Source> sources_of(const std::string& name, const Task& task) const {
        std::vector<Source> sources;
        for (const Task* other : tasks_) {
            if (other->module == nullptr || !other->module->any_name) continue;
            for (const TaskParameter& parameter : other->parameters) {
                if (parameter.name == name) sources.push_back({&parameter.value, other});
            }
        }
        if (task.loop && task.loop->item_name == name) {
            sources.push_back({&task.loop->list, &task});
            return sources;
        }
        for (auto layer = task.variables.rbegin(); layer != task.variables.rend(); ++layer) {
            if (const Template* value = find_in(**layer, name)) {
                sources.push_back({value, &task});
                return sources;
            }
        }
        if (const Template* value = find_in(play_.variables, name)) {
            sources.push_back({value, &task});
        }
        return sources;
    }

    static const Template* find_in(const VariableLayer& layer, const std::string& name) {
        for (const Variable& variable : layer) {
            if (variable.name == name) return &variable.value;
        }
        return nullptr;
    }

    Status check_shell(const Task& task) const {
        const TaskParameter* cmd = find(task, "cmd");
        if (cmd == nullptr) return Ok{};
        Status status = Ok{};
        for_each_piece(cmd->value, [&](const TemplatePiece& piece) {
            if (!status || !piece.outside || is_shell_safe(*piece.expr)) return;
            status = reader_.refuse(piece.mark,
                                    "'{}' comes from outside: in shell text it must end in "
                                    "'| quote', '| int' or '| float'",
                                    piece.text);
        });
        return status;
    }

    static bool is_shell_safe(const Expr& expr) {
        return expr.op == Expr::Op::Filter &&
               (expr.text == "quote" || expr.text == "int" || expr.text == "float");
    }

    Status check_command(const Task& task) const {
        std::string program;
        if (const TaskParameter* cmd = find(task, "cmd")) {
            if (auto checked = check_text(*cmd, cmd->value, task, program); !checked) {
                return checked;
            }
        }
        if (const TaskParameter* argv = find(task, "argv")) {
            if (auto checked = check_argv(*argv, task, program); !checked) return checked;
        }
        const TaskParameter* chdir = find(task, "chdir");
        const bool chdir_known = chdir == nullptr || chdir->value.is_constant();
        if (program.empty() || !chdir_known) return Ok{};
        const std::string directory = chdir == nullptr ? "" : to_str(chdir->value.constant);
        if (auto allowed = authorise_program(program, directory, environment_); !allowed) {
            return reader_.refuse(task.mark, "command: not allowed here: {}", allowed.error().text);
        }
        return Ok{};
    }

    // The text with a hole for each expression.
    static std::string skeleton(const Template& source) {
        if (source.is_constant()) return to_str(source.constant);
        std::string text;
        for (const TemplatePiece& piece : source.pieces) {
            text += piece.expr == nullptr ? piece.text : std::string(1, kHole);
        }
        return text;
    }

    Status check_text(const TaskParameter& parameter, const Template& source, const Task& task,
                      std::string& program) const {
        const auto words = split_words(skeleton(source));
        if (!words) return reader_.refuse(parameter.mark, "command: {}", words.error().text);
        if (words->empty()) return reader_.refuse(parameter.mark, "command: no program is given");
        for (const Word& word : *words) {
            if (word.text.starts_with('~')) {
                return reader_.refuse(parameter.mark,
                                      "a leading '~' is not accepted: write the "
                                      "directory, or use shell");
            }
        }
        program = (*words)[0].text;
        if (program.find(kHole) != std::string::npos || program.empty()) {
            return reader_.refuse(parameter.mark, "the program must be literal text in the file");
        }
        return refuse_references(source, task);
    }

    Status check_argv(const TaskParameter& parameter, const Task& task,
                      std::string& program) const {
        const Template& list = parameter.value;
        const Value first =
            list.kind == Template::Kind::List && !list.items.empty() ? known_value(list.items[0])
            : list.is_constant() && list.constant.is_list() && !list.constant.list().empty()
                ? list.constant.list()[0]
                : Value();
        if (first.is_none()) {
            return reader_.refuse(parameter.mark, "'argv' must be a list with the program first");
        }
        if (!first.is_text() || first.text().empty()) {
            return reader_.refuse(parameter.mark, "the program must be literal text in the file");
        }
        program = first.text();
        if (list.is_constant()) {
            for (const Value& item : list.constant.list()) {
                if (auto checked = check_literal(to_str(item), list.mark); !checked) return checked;
            }
        }
        for (const Template& item : list.items) {
            if (skeleton(item).starts_with('~')) return refuse_tilde(item.mark);
            if (auto checked = refuse_references(item, task); !checked) return checked;
        }
        return Ok{};
    }

    Error refuse_tilde(YamlMark mark) const {
        return reader_.refuse(mark, "a leading '~' is not accepted: write the directory");
    }

    Status check_literal(std::string_view text, YamlMark mark) const {
        if (text.starts_with('~')) return refuse_tilde(mark);
        if (has_variable_reference(text)) return refuse_reference(mark);
        return Ok{};
    }

    Error refuse_reference(YamlMark mark) const {
        return reader_.refuse(mark, "'$NAME' is not accepted in command: use {{{{ }}}}, or shell");
    }

    // `$NAME` in what the file itself writes, also by way of a variable.
    Status refuse_references(const Template& source, const Task& task) const {
        std::set<const Template*> seen;
        if (!reaches_reference(source, task, seen)) return Ok{};
        return refuse_reference(source.mark);
    }

    bool reaches_reference(const Template& source, const Task& task,
                           std::set<const Template*>& seen) const {
        if (source.is_constant()) return has_reference(source.constant);
        bool found = false;
        for_each_piece(source, [&](const TemplatePiece& piece) {
            if (piece.expr == nullptr) {
                found = found || has_variable_reference(piece.text);
                return;
            }
            for_each_literal_text(*piece.expr, [&](const std::string& text) {
                found = found || has_variable_reference(text);
            });
            for_each_name(*piece.expr, [&](const std::string& name) {
                if (found || is_outside_name(name)) return;
                for (const Source& origin : sources_of(name, task)) {
                    if (!seen.insert(origin.value).second) continue;
                    found = found || reaches_reference(*origin.value, *origin.task, seen);
                }
            });
        });
        for (const Template& item : source.items) {
            if (item.is_constant()) found = found || has_reference(item.constant);
        }
        return found;
    }

    static bool has_reference(const Value& value) {
        return value.is_text()
                   ? has_variable_reference(value.text())
                   : (value.is_list() || value.is_map()) && has_variable_reference(to_repr(value));
    }

    static const TaskParameter* find(const Task& task, std::string_view name) {
        for (const TaskParameter& parameter : task.parameters) {
            if (parameter.spec != nullptr && parameter.spec->name == name) return &parameter;
        }
        return nullptr;
    }

    Play& play_;
    const Map& extra_;
    const Reader& reader_;
    const Environment& environment_;
    std::vector<Task*> tasks_;
    std::set<std::string> registered_;
};

}  // namespace

Status check_outside_values(Play& play, const Map& extra_variables, const Reader& reader,
                            const Environment& environment) {
    return OutsideCheck(play, extra_variables, reader, environment).run();
}

}  // namespace homeostat::playbook
