// A playbook as it is after loading: plain structs with every expression parsed, every module and
// handler found, and everything that blocks pass to their tasks written into the tasks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/expression.hpp"
#include "actions/playbook/module.hpp"
#include "actions/playbook/template.hpp"

namespace homeostat::playbook {

inline constexpr std::size_t kTasksMax = 200;

struct Variable {
    std::string name;
    Template value;
};
using VariableLayer = std::vector<Variable>;

struct TaskParameter {
    const ParameterSpec* spec = nullptr;  // null: any name, for set_fact
    std::string name;
    YamlMark mark;
    Template value;
    std::vector<SourcedExpr> expressions;
};

struct Loop {
    Template list;
    bool flatten = false;  // with_items: lists inside it, by one level
    std::string item_name = "item";
    std::string index_name;
    std::optional<Template> label;
    std::optional<Template> pause;
};

struct Until {
    std::vector<Expr> conditions;
    std::optional<Template> retries;
    std::optional<Template> delay;
};

enum class MetaAction : std::uint8_t { None, FlushHandlers, EndPlay, Noop };

struct Task {
    YamlMark mark;
    Template name;
    std::string name_source;             // as written: shown when it cannot be evaluated
    bool has_name = true;                // false: it is called by its module
    const ModuleSpec* module = nullptr;  // null: `meta`
    MetaAction meta = MetaAction::None;
    std::vector<TaskParameter> parameters;

    std::vector<Expr> when;  // of the blocks around it first
    std::vector<Expr> changed_when;
    std::vector<Expr> failed_when;
    std::optional<Until> until;
    std::optional<Loop> loop;
    std::string register_name;
    std::optional<Template> ignore_errors;
    std::optional<Template> check_mode;
    std::optional<Template> no_log;
    std::optional<Template> timeout;
    std::vector<std::shared_ptr<const VariableLayer>> variables;  // outermost first, its own last
    std::vector<std::shared_ptr<const Template>> environment;     // outermost first
    std::vector<std::string> tags;    // with those of the blocks and the play
    std::vector<std::string> notify;  // names of handlers and topics
    std::vector<std::string> listen;  // handlers only
};

struct Block;

// Either.
struct Step {
    std::unique_ptr<Task> task;
    std::unique_ptr<Block> block;
};

struct Block {
    std::vector<Step> steps;
    std::vector<Step> rescue;
    std::vector<Step> always;
};

struct Play {
    std::string name;
    bool gather_facts = true;
    std::vector<std::string> tags;
    VariableLayer variables;
    std::vector<Step> steps;
    std::vector<std::unique_ptr<Task>> handlers;  // in the order in which they are written
};

// Every task of the steps and of the blocks inside them, in the order of the file.
void for_each_task(const std::vector<Step>& steps, FunctionRef<void(Task&)> visit);

// A task that notifies `name` means this handler.
bool answers_to(const Task& handler, std::string_view name);

}  // namespace homeostat::playbook
