// Engine runs a loaded play: the order of tasks, blocks, rescues and handlers, and the totals.
#pragma once

#include <string>
#include <vector>

#include "actions/playbook/play.hpp"
#include "actions/playbook/run.hpp"
#include "actions/playbook/task_runner.hpp"
#include "actions/playbook/variables.hpp"

namespace homeostat::playbook {

class Engine {
public:
    Engine(const Play& play, const Input& input, const Options& options,
           const Environment& environment);

    RunReport run();

private:
    enum class Flow : std::uint8_t {
        Continue,
        Failed,  // looks for a rescue
        Denied,  // the policy forbade something: nothing rescues that
        Ended,   // meta: end_play
    };

    Flow gather_facts();
    Flow run_steps(const std::vector<Step>& steps);
    Flow run_block(const Block& block);
    [[nodiscard]] bool has_selected(const std::vector<Step>& steps) const;
    Flow run_task(const Task& task, bool is_handler);
    Flow run_meta(const Task& task);
    Flow flush_handlers();
    Flow conclude(const Task& task, const std::string& name, bool is_handler, TaskOutcome outcome);
    void remember_failure(const Task& task, const std::string& name, const Map& result);
    void count(const TaskReport& report, bool rescued);
    void notify_handlers(const Task& task);
    std::string task_name(const Task& task);

    const Play& play_;
    const Options& options_;
    Variables variables_;
    TaskRunner runner_;
    RunReport report_;
    std::vector<bool> notified_;       // one per handler
    std::size_t rescuing_blocks_ = 0;  // around the task that runs, with a rescue still to come
};

// Is a task with these tags to run? (Section 2, Tags.)
bool is_selected(const std::vector<std::string>& tags, const Options& options);

}  // namespace homeostat::playbook
