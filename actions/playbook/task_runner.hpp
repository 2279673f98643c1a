// TaskRunner carries out one task: condition, loop, attempts, results. Section 2 of
// docs/playbooks.md, step by step. What follows from the outcome is the engine's business.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actions/playbook/environment.hpp"
#include "actions/playbook/play.hpp"
#include "actions/playbook/run.hpp"
#include "actions/playbook/task_values.hpp"
#include "actions/playbook/variables.hpp"

namespace homeostat::playbook {

// The whole result of a task, and what to report of it.
struct TaskOutcome {
    Map result;  // as `register` keeps it
    bool denied = false;
    bool looped = false;
    bool no_log = false;
    std::string diff;
    std::vector<ItemReport> items;
    std::optional<std::string> name;  // evaluated with the first item of a loop
    bool name_as_written = false;     // it ended before Ansible evaluates a name

    [[nodiscard]] bool failed() const;
};

class TaskRunner {
public:
    TaskRunner(const Environment& environment, const Options& options, Variables& variables,
               std::string playbook_directory)
        : environment_(environment),
          options_(options),
          variables_(variables),
          playbook_directory_(std::move(playbook_directory)),
          values_(variables, environment.policy) {}

    // REQUIRES: variables.enter_task(&task). Not for `meta`.
    // Without `keep_results` the whole result of a loop has no `results`: nobody can ask for them.
    TaskOutcome run(const Task& task, bool keep_results = true);

    // For the engine's own questions about the task.
    TaskValues& values() { return values_; }

private:
    struct Attempt {
        Map result;
        bool denied = false;
        std::string diff;
    };

    TaskOutcome run_once(const Task& task);
    TaskOutcome run_loop(const Task& task, bool keep_results);
    Result<Value> loop_items(const Task& task);
    // Adds to the items of `outcome` and gives the item's whole result.
    Map run_item(const Task& task, const Value& item, std::size_t index, TaskOutcome& outcome);
    Status pause_between(const Task& task);
    Attempt run_attempts(const Task& task);
    Attempt run_attempt(const Task& task, std::int64_t count);
    Attempt run_module(const Task& task);
    Attempt call_module(const Task& task, const Parameters& parameters, bool check);
    Status judge(const Task& task, Map& result);
    const Environment& environment_;
    const Options& options_;
    Variables& variables_;
    std::string playbook_directory_;
    TaskValues values_;
};

// What is reported of a module's result.
Outcome outcome_of(const Task& task, const Map& result, bool no_log, std::string diff);

}  // namespace homeostat::playbook
