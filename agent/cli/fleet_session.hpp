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
#include "agent/uplink/curl_channel.hpp"
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
    // To the OpAMP server, where that is a WebSocket's: it stays over reloads.
    [[nodiscard]] CurlChannel& channel() { return channel_; }
    // The process ends because it was asked to.
    void end();

    // What cannot be used is left: the trial for what was kept. False: nothing was on trial.
    bool refuse_trial(std::string_view why, Instant now);

    // Leaves the bundle that is in force where the actuator looks for it, or takes the last one
    // away. To be called before anything is asked by its rules.
    void hand_over(TellFault tell);

    [[nodiscard]] const HostFacts& host() const { return host_; }
    [[nodiscard]] const FleetSettings& settings() const { return settings_; }

private:
    FleetSession(const FleetPlace& place, FleetSettings settings);
    void begin(const AllowList& allow_list, TellFault tell);
    [[nodiscard]] Status check(const Bundle& bundle) const;
    [[nodiscard]] KeeperSetup setup(const AllowList& allow_list) const;
    [[nodiscard]] OpampIdentity opamp_identity(const AgentIdentity& identity, Instant now) const;
    [[nodiscard]] std::string effective() const;

    FleetPlace place_;
    FleetSettings settings_;
    HostFacts host_;
    DirectoryFleetFiles files_;
    OpensslSignatures signatures_;
    std::unique_ptr<Keeper> keeper_;
    std::unique_ptr<FleetSteward> steward_;
    CurlChannel channel_;
};

// A bundle on a host, below the ceiling of its fleet.yml; all must outlive the call.
struct FleetLayer {
    const Bundle& bundle;
    const HostFacts& host;
    const FleetSettings& fleet;
};

// All of DIR with the layer on top, or every fault in it, told. `layer` may be null.
std::optional<Configuration> read_configuration(const std::string& directory,
                                                const FleetLayer* layer, TellFault tell);

// Adds the rules that a fleet has brought to this host, as the watcher has left them in its state
// directory, so that a command means the same numbers. What is not there or not right adds nothing:
// the actuator then says that both do not mean the same.
void add_fleet_rules(ActionConfig& config, const std::string& state, const Root& root);

// What the daemon has in force of the fleet, by its own record, for commands; empty: no bundle. It
// has checked the signature, this does not.
Result<std::optional<Bundle>> bundle_in_force(const std::string& state);

// The same with what the fleet has in force. A bundle that does not fit any more, because the
// owner's files have changed, is left: a trial is rolled back, one that was kept is not used.
// `fleet` may be null.
std::optional<Configuration> read_in_force(const std::string& directory, FleetSession* fleet,
                                           Instant now, TellFault tell);

}  // namespace homeostat
