// FleetSession is the fleet's side of `homeostat run`: built at start when there is a fleet.yml, it
// lasts over reloads. Reading what is in force on a host is here, too.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actions/action_config.hpp"
#include "agent/config/config.hpp"
#include "agent/fleet/fleet_steward.hpp"
#include "agent/fleet/openssl_signatures.hpp"
#include "core/function_ref.hpp"
#include "core/host.hpp"

namespace homeostat {

struct Configuration {
    Config config;
    ActionConfig actions;
};

// Where a session stands: all borrowed but the texts.
struct FleetPlace {
    std::string config;
    std::string state;
    std::string boot_id;
    const Root& root;
    Host host;
    const Log& log;
};

using TellFault = FunctionRef<void(std::string_view)>;

class FleetSession {
public:
    // Null inside when the host follows no fleet. An error was told: fleet.yml has faults.
    static std::optional<std::unique_ptr<FleetSession>> open(const FleetPlace& place,
                                                             TellFault tell);

    [[nodiscard]] FleetSteward& steward() { return *steward_; }
    // The process ends because it was asked to.
    void end();

    // What cannot be used is left: the trial for what was kept. False: nothing was on trial.
    bool refuse_trial(std::string_view why, Instant now);

private:
    FleetSession(const FleetPlace& place, FleetSettings settings);
    void begin(TellFault tell);
    [[nodiscard]] Status check(const Bundle& bundle) const;
    [[nodiscard]] KeeperSetup setup(const AgentIdentity& identity) const;
    [[nodiscard]] OpampIdentity opamp_identity(const AgentIdentity& identity, Instant now) const;
    [[nodiscard]] std::string effective() const;

    FleetPlace place_;
    FleetSettings settings_;
    std::vector<MinisignKey> action_keys_;
    DirectoryFleetFiles files_;
    OpensslSignatures signatures_;
    std::unique_ptr<Keeper> keeper_;
    std::unique_ptr<FleetSteward> steward_;
};

// All of DIR with the bundle on top, or every fault in it, told.
std::optional<Configuration> read_configuration(const std::string& directory, const Bundle* bundle,
                                                TellFault tell);

// The same with what the fleet has in force. A bundle that does not fit any more, because the
// owner's files have changed, is left: a trial is rolled back, one that was kept is not used.
// `fleet` may be null.
std::optional<Configuration> read_in_force(const std::string& directory, FleetSession* fleet,
                                           Instant now, TellFault tell);

}  // namespace homeostat
