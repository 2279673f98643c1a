// Steward looks after the configuration while the daemon runs: it brings new ones, and watches
// whether the host is as well with them as before. The fleet's is in agent/fleet/.
//
// The daemon gives it a thread of its own for step(); the other functions are called by the watch
// but where it is said.
#pragma once

#include "agent/metrics_text.hpp"
#include "agent/status.hpp"
#include "core/time.hpp"

namespace homeostat {

class Steward {
public:
    virtual ~Steward() = default;

    // May wait for the network. Called about once a second.
    virtual void step(Instant now) = 0;

    // Another configuration is to be read and used. Holds until the daemon has begun anew with it,
    // or has refused it.
    [[nodiscard]] virtual bool wants_reload() const = 0;

    // What the watch says of itself, every two seconds.
    virtual void observe(const AgentStatus& status) = 0;

    // What became of what was sent, now and then; by the courier's thread.
    virtual void observe(const CourierSnapshot& courier) = 0;

    // What it says of its own link to the fleet. Never waits for the network.
    virtual void describe(OpampStatus& status) const = 0;
};

}  // namespace homeostat
