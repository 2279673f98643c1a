// The watcher's side of the actuator: asks once, waits for the report.
#pragma once

#include <functional>
#include <string>

#include "actions/actuator_protocol.hpp"
#include "core/decision.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

inline constexpr const char* kActuatorSocket = "/run/homeostat/actuator.sock";

struct Waiting {
    Duration after{};
    std::function<void()> tell{};
};

// Blocks for as long as the action takes, at most `timeout`: call it on the working thread. A
// refusal is a report (ran false, the reason in detail). Errors: NotFound, no socket; Denied, no
// right to connect; Failed, nobody listens, it is busy or it went away before it was asked;
// Timeout, it was asked and did not answer: not in time, not before `interrupt` became readable, or
// it went away meanwhile, so whether the action ran is unknown; Parse, not our actuator.
//
// `interrupt`: a borrowed descriptor that ends the waiting when it can be read; -1: none.
// `waiting`: what to tell, once, when there is no answer so long after.
Result<ActionReport> request_action(const std::string& socket_path, const ActionRequest& request,
                                    Duration timeout, int interrupt = -1, Waiting waiting = {});

// The request that carries out a decision. `nonce` must not repeat within the life of the agent.
ActionRequest request_of(const Decision& decision, const IncidentId& incident,
                         std::uint64_t config_hash, std::uint64_t nonce);

}  // namespace homeostat
