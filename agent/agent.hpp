// Agent is the watch: one tick of it is the whole program, from kernel file to decision.
//
//     collect -> detect -> correlate -> decide -> hand over
//
// Acting and shipping happen elsewhere, at their own pace, so that a repair of thirty seconds or a
// server that hangs never blinds the watch: they take work from two fixed queues (agent/actor.hpp,
// agent/courier.hpp) and reports come back through a third. Nothing else is shared.
#pragma once

#include <memory>
#include <vector>

#include "actions/action_config.hpp"
#include "actions/decider.hpp"
#include "agent/clock_watch.hpp"
#include "agent/config/config.hpp"
#include "agent/evidence.hpp"
#include "agent/incidents/flight_recorder.hpp"
#include "agent/incidents/incident_engine.hpp"
#include "agent/log_watch.hpp"
#include "agent/model_store.hpp"
#include "agent/status.hpp"
#include "agent/waiting_incidents.hpp"
#include "agent/warm_start.hpp"
#include "agent/work.hpp"
#include "collectors/collector_set.hpp"
#include "collectors/exporter.hpp"
#include "collectors/workbench.hpp"
#include "core/host.hpp"
#include "core/lazy_array.hpp"
#include "detectors/detectors.hpp"

namespace homeostat {

class Agent {
public:
    // Sizes everything. All arguments are borrowed and outlive the agent; `targets` are the
    // exporters whose scrapes it reads, `bench` what collectors may use beside the root.
    Agent(const Config& config, const ActionConfig& actions, Host host, Work& work,
          std::span<const std::unique_ptr<ExporterTarget>> targets, const WorkbenchSettings& bench);

    // Takes back what was open when the agent stopped. Before the first tick.
    void restore(std::span<const Incident> incidents);

    // Takes over what a former run has learned. Before the first tick.
    void restore_models(ModelLoad load);

    // What has been learned so far, as a models file's content.
    [[nodiscard]] std::string models(Instant now) const {
        return encode_models(detectors_, series_, now);
    }
    [[nodiscard]] std::uint64_t models_taken() const { return detectors_.models_taken(); }

    // From now on each tick takes one history that has come from it, until all are taken. Borrowed.
    void learn_from(WarmStart& warm_start) { warm_start_ = &warm_start; }

    // Takes in what was heard of outside the tick; told with the next one.
    void note(const Event& event) { (void)early_.push(event); }

    // One second of the watch. Allocates nothing once every series has been seen.
    void tick();

    // Silences and feedback of people, from now on.
    void set_preferences(const Preferences& preferences) {
        incidents_.set_preferences(preferences);
        paused_until_unix_ns_ = preferences.paused_until_unix_ns;
    }

    // The next thing about a collector that is worth a line in the log, or null.
    const CollectorStatus* next_collector_news() { return collectors_.next_news(); }

    // Fills in what `homeostat status` shows.
    void describe(AgentStatus& status) const;

    [[nodiscard]] std::span<const Incident> open_incidents() const { return incidents_.open(); }
    [[nodiscard]] const SeriesTable& series() const { return series_; }

    // Bytes sized at start, by part, as the start-up log and `homeostat check` print them.
    [[nodiscard]] MemoryUse memory() const;

private:
    void collect(Instant now);
    void learn_past();
    void hold_learning(Instant now);
    void decide(const Incident& incident, Instant now);
    void tell_harm(const Incident& incident);
    void tell_processes(std::span<const Incident> changed);
    void hand_over(std::span<const Incident> changed);

    Config config_;
    Host host_;
    Work& work_;
    std::span<const std::unique_ptr<ExporterTarget>> targets_;
    WarmStart* warm_start_ = nullptr;
    LogWatch log_watch_;
    ClockWatch clock_watch_;
    FixedVector<Event, 4> early_;  // heard of before the tick
    Workbench bench_;
    CollectorSet collectors_;
    SeriesTable series_;
    std::unique_ptr<ModelBank> bank_;  // of the former run; until its series had time to come back
    Instant bank_until_;
    Samples samples_;
    FlightRecorder recorder_;
    Evidence evidence_;
    Detectors detectors_;
    IncidentEngine incidents_;
    Decider decider_;
    std::size_t processes_bytes_;
    WaitingIncidents unshipped_;  // what the full queue refused: handed over at the next tick
    LazyArray<ProcessSnapshot> snapshot_{1};  // being made; not touched before the first incident
    std::uint64_t ticks_ = 0;
    std::uint64_t findings_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t incidents_delayed_ = 0;
    std::uint64_t actions_refused_ = 0;
    AnomalyTally anomalies_;
    ActionCounts actions_;
    Instant harm_told_;  // when the newest action began that was told to have done harm
    Instant last_tick_;
    std::int64_t paused_until_unix_ns_ = 0;
};

}  // namespace homeostat
