// TaskValues evaluates what a task says about itself: conditions, settings, parameters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/play.hpp"
#include "actions/playbook/policy.hpp"
#include "actions/playbook/variables.hpp"

namespace homeostat::playbook {

class TaskValues {
public:
    TaskValues(Variables& variables, const Policy& policy)
        : variables_(variables), policy_(policy) {}

    // Do all hold? Errors also when one is neither true nor false.
    Result<bool> holds(const std::vector<Expr>& conditions);

    // A setting that may be an expression; the fallback when it is not there.
    Result<bool> flag(const std::optional<Template>& setting, bool fallback);
    Result<std::int64_t> integer(const std::optional<Template>& setting, std::int64_t fallback,
                                 std::int64_t min, std::string_view what);
    Result<Value> value(const Template& source);

    // Brought to their types; those that are `omit` or none are left out.
    Result<Parameters> parameters(const Task& task);

    // NAME=value of the play, the blocks and the task; the nearest wins.
    Result<std::vector<std::string>> environment(const Task& task);

    // What the task asks for, at most what the policy allows.
    Result<Duration> time_max(const Task& task);

private:
    Result<Parameter> parameter(const TaskParameter& source);

    Variables& variables_;
    const Policy& policy_;
};

}  // namespace homeostat::playbook
