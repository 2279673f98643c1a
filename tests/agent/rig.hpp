// Rig is a whole agent on a synthetic host: hand-wound clock, no threads, no disk, no network.
#pragma once

#include <memory>
#include <vector>

#include "agent/agent.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_fetcher.hpp"
#include "tests/support/scripted_spawner.hpp"
#include "tests/support/synthetic_host.hpp"

namespace homeostat::test {

inline Config rig_config() {
    Config config;
    config.series_max = 500;
    config.incidents.seed = 1;
    config.actions.grace_after_start = Duration{};
    return config;
}

struct Rig {
    explicit Rig(const Config& config = rig_config(), ActionConfig action_config = {},
                 std::uint64_t seed = 1)
        : synthetic(seed),
          actions(std::move(action_config)),
          agent(config, actions, {synthetic.root(), clock, spawner, fetcher}, work, {}, {}) {}

    // Runs the watch for `count` seconds; what it told is appended to `told`.
    void run(int count) {
        for (int i = 0; i < count; ++i) {
            synthetic.advance_to(clock.now());
            agent.tick();
            while (const auto incident = work.to_ship.try_pop()) told.push_back(*incident);
            while (const auto job = work.to_act.try_pop()) jobs.push_back(*job);
            clock.advance(seconds(1));
        }
    }

    ManualClock clock;
    SyntheticHost synthetic;
    ScriptedSpawner spawner;
    ScriptedFetcher fetcher;
    ActionConfig actions;
    Work work;
    Agent agent;
    std::vector<Incident> told;
    std::vector<ActionJob> jobs;
};

}  // namespace homeostat::test
