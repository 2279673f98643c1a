// IncidentEngine turns the findings of each tick into incidents: one fault, one incident.
//
// Think of a nurse's chart. Findings are readings and come every second; the chart gets one line
// when something is really wrong, a line when that changes, and one line when it is over.
//
//            a confirmed finding with an incident kind
//     (none) ------------------------------------------> Open
//     Open --- a remedy is asked for --> Acting --- verified, or failed --> Open
//     Acting --- the second remedy in vain --> GivenUp: a person is needed
//     any --- no finding for `calm_for` --> Resolved (and leaves the table)
//
// Findings of one kind of incident and one subject are the same incident. A notable finding (no
// incident kind) never opens one; it joins the incident of its subject. All memory is fixed: at
// most incidents_max are open at once, further ones are counted in refused().
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "agent/incidents/event_history.hpp"
#include "core/decision.hpp"
#include "core/incident.hpp"

namespace homeostat {

struct IncidentSettings {
    std::size_t incidents_max = 32;
    Duration calm_for = seconds(20);         // without a finding before it is over
    Duration update_interval = seconds(60);  // between updates that only refresh numbers
    double cause_confidence_min = 0.5;       // below it the cause stays unknown
    std::uint64_t seed = 0;                  // of incident ids; the daemon takes it from getrandom
};

// What the engine asks of the collectors when an incident opens. Bounded work, no allocation.
class EvidenceSource {
public:
    virtual ~EvidenceSource() = default;

    // The processes that have to do with this subject, the likeliest culprit first.
    virtual FixedVector<ProcessUse, 3> processes_for(const Subject& subject,
                                                     std::string_view incident_kind) = 0;

    // The newest minute of a series, and its newest value.
    virtual Snippet snippet_of(std::string_view metric, const Subject& subject) = 0;
    virtual std::optional<double> value_of(std::string_view metric, const Subject& subject) = 0;
};

// What must become true after an action, and until when (rule key `verify`).
struct Verification {
    enum class Sense : std::uint8_t { Below, Above };
    Sense sense = Sense::Below;
    double threshold = 0;
    Duration within = seconds(120);
};

class IncidentEngine {
public:
    explicit IncidentEngine(const IncidentSettings& settings);

    // Takes in one event, before run() of the same tick. Causes and evidence are looked for among
    // the newest; an event alone opens nothing.
    void note(const Event& event) { events_.note(event); }
    [[nodiscard]] const EventHistory& events() const { return events_; }

    // Takes this tick's findings. Returns the incidents that changed enough to be stored and
    // shipped (opened, updated, closed), each with its seq raised; valid until the next call.
    std::span<const Incident> run(std::span<const Finding> findings, Instant now,
                                  EvidenceSource& evidence);

    // A decision was made about an open incident: recorded in its actions. `acting` when a request
    // goes to the actuator, with what must become true after it.
    void note_decision(const IncidentId& id, const Decision& decision, bool acting,
                       const Verification& verification, Instant now);

    // What came of it. A successful run is then verified against the incident's leading value.
    void note_report(const ActionReport& report, Instant now);

    // Takes back an incident that was open when the agent stopped. False when the table is full.
    bool restore(const Incident& incident, Instant now);

    // All that are not over, in the order they opened.
    [[nodiscard]] std::span<const Incident> open() const { return view_; }
    [[nodiscard]] std::uint64_t refused() const { return refused_; }
    [[nodiscard]] std::uint64_t opened() const { return opened_; }

private:
    struct Pending {
        bool dirty = false;   // must be told
        bool urgent = false;  // ... at once, not at the next update interval
        bool verifying = false;
        Verification verification;
        FixedString<63> verified_metric;
        Instant acted;
        Instant told;
        std::uint8_t evidence_looks = 0;
        Instant evidence_at;
    };

    void take(const Finding& finding, Instant now);
    void join(const Finding& finding, Instant now);
    void open_incident(const Finding& finding, Instant now);
    void look_for_evidence(std::size_t i, Instant now, EvidenceSource& evidence);
    void verify(std::size_t i, Instant now, EvidenceSource& evidence);
    void conclude(std::size_t i, std::string_view outcome);
    void update_severity(std::size_t i, Instant now);
    void tell(std::size_t i, Instant now);
    void remove_over();
    [[nodiscard]] std::size_t index_of(const IncidentId& id) const;

    IncidentSettings settings_;
    std::mt19937_64 random_;
    std::vector<Incident> incidents_;  // reserved at start; parallel to pending_
    std::vector<Pending> pending_;
    std::vector<Incident> changed_;
    std::span<const Incident> view_;
    EventHistory events_;
    std::uint64_t refused_ = 0;
    std::uint64_t opened_ = 0;
};

}  // namespace homeostat
