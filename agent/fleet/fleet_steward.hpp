// FleetSteward runs the fleet's side of the daemon: polls the sources, lets the ring's delay pass,
// starts trials, judges them, and says when to begin anew with another configuration.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "agent/fleet/bundle_sources.hpp"
#include "agent/fleet/fleet_health.hpp"
#include "agent/fleet/fleet_settings.hpp"
#include "agent/fleet/keeper.hpp"
#include "agent/fleet/opamp_link.hpp"
#include "agent/fleet/probation.hpp"
#include "agent/log.hpp"
#include "agent/steward.hpp"

namespace homeostat {

struct FleetParts {
    const FleetSettings& settings;
    Keeper& keeper;
    const Log& log;
    // Whether a bundle works here: read by the code that would run it, nothing changed. Called on
    // the thread of step().
    std::function<Status(const Bundle&)> check;
    // What this process costs now.
    std::function<void(AgentHealth&)> measure;
    std::uint64_t seed = 0;  // of the jitter
    FleetFiles& files;       // where the keeper's are
    OpampIdentity identity;
    // All settings in force as YAML, secrets masked; asked once after each begin().
    std::function<std::string()> effective;
};

class FleetSteward final : public Steward {
public:
    static constexpr Duration kDirectoryInterval = seconds(5);
    static constexpr Duration kCalmStretch = minutes(5);

    explicit FleetSteward(FleetParts parts)
        : parts_(std::move(parts)),
          directory_(parts_.settings.directory),
          url_(parts_.settings.https, parts_.seed) {
        if (parts_.settings.opamp.endpoint.empty()) return;
        opamp_.emplace(parts_.settings.opamp, parts_.identity, parts_.files, parts_.seed);
    }

    void step(Instant now) override;
    [[nodiscard]] bool wants_reload() const override { return wants_reload_; }
    void observe(const AgentStatus& status) override;
    void observe(const CourierSnapshot& courier) override;
    void describe(OpampStatus& status) const override;

    // The daemon begins with the configuration that the keeper says, looking every `tick`. Before
    // its threads start. What `network` names is borrowed until the next call.
    void begin(Duration tick, OpampNetwork network);

    // The configuration with the bundle on trial could not be read after all.
    void refused(std::string_view why, Instant now);

    // The process ends: the OpAMP server is told. Two seconds at most.
    void say_farewell(Instant now, OpampNetwork network) {
        if (opamp_) opamp_->say_farewell(now, network);
    }

    // What is in force, copied.
    [[nodiscard]] std::optional<Bundle> in_force() const;

private:
    void poll_sources(Instant now);
    OfferAnswer offer(std::string_view text, std::string_view signature, const std::string& source,
                      Instant now);
    void poll_opamp(Instant now);
    void send_metrics(Instant now);
    void heed_operator(Instant now);
    void start_trial(Instant now);
    void judge(Instant now);
    void begin_probation(const AgentHealth& start);
    void note_calm(Instant now);
    void note_age(Instant now);
    [[nodiscard]] std::optional<AgentHealth> health(Instant now);

    FleetParts parts_;
    std::optional<OpampNetwork> network_;
    BundleDirectory directory_;
    BundleUrl url_;
    std::optional<OpampLink> opamp_;
    std::string effective_;
    std::string opamp_problem_;
    OperatorWord word_;
    Instant polled_;
    std::optional<AgentHealth> calm_;     // while nothing is on trial; of this configuration
    std::optional<AgentHealth> earlier_;  // the calm before that
    std::optional<AgentHealth> before_;   // the trial
    std::optional<Probation> probation_;  // from the trial's first look on
    mutable std::mutex keeper_mutex_;     // of the keeper; held while a bundle is checked

    mutable std::mutex seen_mutex_;    // of those below; never held for long: the watch waits
    std::optional<AgentHealth> seen_;  // what the watch said last; empty: nothing yet
    Duration tick_ = seconds(1);
    FleetHealth health_;
    AgentStatus status_;  // what own metrics are made of
    OpampStatus opamp_status_;

    std::atomic<bool> wants_reload_{false};
    std::set<std::string> told_;  // refusals, so that each is logged once
    std::string url_problem_;
    bool stale_told_ = false;
};

}  // namespace homeostat
