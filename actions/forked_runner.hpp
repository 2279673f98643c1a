// ForkedRunner runs a playbook in a child of its own, and takes everything down that it has started
// when time is up, when the actuator is told to stop, and when it is done.
//
// The run has a session and, where systemd has delegated one, a control group of its own
// (actions/action_group.hpp), which dies in one moment. Beside that the actuator makes itself the
// reaper of its descendants (PR_SET_CHILD_SUBREAPER), so nothing that an action starts can slip
// away by forking twice or by opening a session of its own: what is left becomes a child of the
// actuator, and children are killed until there are none (reliability rule B3). What the child has
// to say comes through a pipe as a small JSON object; the parent believes nothing else of it.
#pragma once

#include "actions/action_runner.hpp"
#include "core/clock.hpp"
#include "core/root.hpp"
#include "core/spawner.hpp"

namespace homeostat {

class ForkedRunner final : public ActionRunner {
public:
    // `stop` becomes readable when the run has to end at once; -1: never. `root` is the real one.
    // No file younger than `age_floor` is deleted.
    // REQUIRES: this process has no other children, and one thread.
    ForkedRunner(const Root& root, const Clock& clock, int stop, Duration age_floor = kAgeFloor)
        : root_(root), clock_(clock), stop_(stop), age_floor_(age_floor) {}

    Result<RunOutcome> run(const RunOrder& order) override;

private:
    const Root& root_;
    const Clock& clock_;
    int stop_;
    Duration age_floor_;
};

}  // namespace homeostat
