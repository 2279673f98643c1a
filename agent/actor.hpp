// Actor is the act stage: takes decisions from the watch, asks the actuator, returns its reports.
#pragma once

#include <cstdint>
#include <string>

#include "agent/work.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

// Who carries a job out. The real one asks the root actuator over its socket and waits for as long
// as the action takes.
class ActuatorPort {
public:
    virtual ~ActuatorPort() = default;
    virtual Result<ActionReport> run(const ActionJob& job) = 0;

    // For good, from any thread: run() waits for no answer any more. The action itself goes on.
    virtual void interrupt() {}
};

class SocketActuator final : public ActuatorPort {
public:
    // `config_hash` tells the actuator which rules our numbers mean; `nonce_seed` must differ at
    // each start of the agent.
    SocketActuator(std::string socket, Duration timeout, std::uint64_t config_hash,
                   std::uint64_t nonce_seed);

    ~SocketActuator() override;
    SocketActuator(const SocketActuator&) = delete;
    SocketActuator& operator=(const SocketActuator&) = delete;

    Result<ActionReport> run(const ActionJob& job) override;
    void interrupt() override;

private:
    std::string socket_;
    Duration timeout_;
    std::uint64_t config_hash_;
    std::uint64_t nonce_;
    int interrupt_;  // an eventfd; -1 when there was none to be had
};

class Actor {
public:
    // Both are borrowed and outlive the actor.
    Actor(Work& work, ActuatorPort& runner) : work_(work), runner_(runner) {}

    // Does the oldest job if there is one within `patience`. An actuator that cannot be reached is
    // a report too: the incident says so. False when there was no job.
    bool step(Duration patience);

    // Until the queue is closed and empty: the body of the thread.
    void run();

    // From any thread: gives up waiting for an answer.
    void interrupt() { runner_.interrupt(); }

private:
    Work& work_;
    ActuatorPort& runner_;
};

}  // namespace homeostat
