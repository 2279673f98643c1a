// Variables: what a name means while a task runs. Section 3 of docs/playbooks.md.
//
// Later ones win: facts, `vars` of the play, of blocks and of the task, set_fact and register,
// extra variables, what is always there, the result that changed_when and the like look at, and
// loop variables. `vars` are expressions, evaluated each time they are used.
#pragma once

#include <string>
#include <string_view>

#include "actions/playbook/expression.hpp"
#include "actions/playbook/play.hpp"
#include "actions/playbook/value.hpp"

namespace homeostat::playbook {

class Variables final : public Scope {
public:
    Variables(const Play& play, const Map& extra) : play_(play), extra_(extra) {}

    // For the whole run.
    void set_magic(std::string_view name, Value value) { magic_.set(name, std::move(value)); }
    void set_facts(const Map& facts);  // gather_facts
    void set(std::string_view name, Value value) { set_.set(name, std::move(value)); }

    // From now on this task's `vars` are seen, and no loop variables. nullptr: none.
    void enter_task(const Task* task);
    void set_loop_variable(std::string_view name, Value value) {
        loop_.set(name, std::move(value));
    }
    // A result under the task's `register` name while changed_when and the like look at it.
    void set_current_result(std::string_view name, Value value);
    void clear_current_result() { current_ = {}; }

    // A new count of steps for one parameter or condition.
    void begin_evaluation() { steps_ = 0; }

    Result<Value> find(const std::string& name) override;

private:
    Result<Value> render_variable(const std::string& name, const Template& value);

    const Play& play_;
    const Map& extra_;
    Map magic_;
    Map facts_;
    Map set_;
    Map loop_;
    Map current_;
    const Task* task_ = nullptr;
    std::size_t steps_ = 0;
    std::size_t depth_ = 0;
};

}  // namespace homeostat::playbook
