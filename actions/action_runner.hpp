// ActionRunner runs one playbook on one target. The actuator has decided by then.
#pragma once

#include <cstdint>
#include <string>

#include "actions/allow_list.hpp"
#include "actions/rulebook.hpp"
#include "core/decision.hpp"
#include "core/result.hpp"

namespace homeostat {

// Borrowed for the call.
struct RunOrder {
    const Rule& rule;
    const AllowedAction& action;
    const AllowedTarget& target;
    IncidentId incident;
    std::string playbook_path;                   // for messages, when the text is there
    const std::string* playbook_text = nullptr;  // of a bundle; null: it is read from the path
    bool check = true;                           // change nothing, say what would be changed
};

struct RunOutcome {
    bool failed = false;
    std::uint32_t ok = 0;
    std::uint32_t changed = 0;
    std::uint32_t failures = 0;
    FixedString<159> detail;  // the first failure, or what was done
};

class ActionRunner {
public:
    virtual ~ActionRunner() = default;

    // An error means that the playbook was refused before its first task: nothing was touched. A
    // run that began and went wrong is an outcome.
    virtual Result<RunOutcome> run(const RunOrder& order) = 0;
};

}  // namespace homeostat
