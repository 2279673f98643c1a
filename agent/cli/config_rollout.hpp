// The parts of `homeostat config` that deal with bundles: history, apply, rollback.
#pragma once

#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace homeostat {

struct Session;

// Adds them below `homeostat config`.
void add_rollout_commands(CLI::App& config, Session& session);

}  // namespace homeostat
