// IncidentEngine turns the findings of each tick into incidents: one fault, one incident.
//
// Think of a nurse's chart. Findings are readings and come every second; the chart gets one line
// when something is really wrong, a line when that changes, and one line when it is over.
//
//            a confirmed finding with an incident kind
//     (none) ------------------------------------------> Open
//     Open --- a remedy is asked for --> Acting --- verified, or failed --> Open
//     Acting --- the hardest remedy in vain twice, or one that made it worse --> GivenUp
//     any --- no finding for `calm_for` --> Resolved (and leaves the table)
//
// One fault is one incident: findings of one kind and subject are the same incident, findings of
// kin (agent/incidents/kinds.hpp) and findings with the same culprit at the same time join it, and
// one that comes back soon after its end is reopened. A notable finding (no incident kind) never
// opens one; it joins the incident of its subject. What is no longer measured neither ends nor
// grows worse: the incident says that it is uncertain. All memory is fixed and the work of a tick
// is bounded: at most incidents_max are open at once, at most kNewPerTickMax findings are looked
// at closely, and what does not fit is counted, in the engine and in the incident.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "agent/incidents/effect.hpp"
#include "agent/incidents/event_history.hpp"
#include "agent/incidents/preferences.hpp"
#include "core/decision.hpp"
#include "core/incident.hpp"

namespace homeostat {

struct IncidentSettings {
    std::size_t incidents_max = 32;
    Duration calm_for = seconds(20);         // without a finding before it is over
    Duration update_interval = seconds(60);  // between updates that only refresh numbers
    Duration reopen_within = minutes(3);     // back so soon after its end: the same one, flapping
    double cause_confidence_min = 0.5;       // below it the cause stays unknown
    std::uint64_t seed = 0;                  // of incident ids; the daemon takes it from getrandom
};

// What a person could do, and the stock rule that does it.
struct Counsel {
    std::string_view advice;
    std::string_view remedy;
};

// What the engine asks of the collectors when an incident opens. Bounded work, no allocation.
class EvidenceSource {
public:
    virtual ~EvidenceSource() = default;

    // The processes that have to do with this subject, the likeliest culprit first.
    virtual FixedVector<ProcessUse, 3> processes_for(const Subject& subject,
                                                     std::string_view incident_kind) = 0;

    // Who is at the other end of the sockets that the last processes_for() was about, and of which
    // share of them; nobody when it was not about sockets.
    struct Peer {
        FixedString<47> address;
        double share = 0;
    };
    virtual Peer peer() { return {}; }

    // Where most of what changed beneath the mount since an hour before the onset lies; of a host
    // (or a process) that is short of memory the same of the tmpfs that holds most of it, if one
    // holds much. Asked once a tick until it is known: nothing while the search goes on.
    virtual std::optional<GrownPlace> grown_beneath(const Subject&, std::string_view /*kind*/,
                                                    Instant /*onset*/) {
        return GrownPlace{};
    }

    // The newest minute of a series, and its newest value.
    virtual Snippet snippet_of(std::string_view metric, const Subject& subject) = 0;
    virtual std::optional<double> value_of(std::string_view metric, const Subject& subject) = 0;

    // The device (or the mount, where it has none) that carries a mount, a file that is a log, or
    // a unit's log; any other subject is its own.
    virtual Subject beneath(const Subject& subject) = 0;

    // What the catalogue in use says of a condition.
    virtual Counsel counsel_for(std::string_view condition) = 0;
};

class IncidentEngine {
public:
    static constexpr std::size_t kNewPerTickMax = 64;

    explicit IncidentEngine(const IncidentSettings& settings);

    // Takes in one event, before run() of the same tick: what causes and evidence are made from.
    void note(const Event& event);
    [[nodiscard]] const EventHistory& events() const { return events_; }

    // Silences and feedback of people, from now on.
    void set_preferences(const Preferences& preferences) { preferences_ = preferences; }
    [[nodiscard]] const Preferences& preferences() const { return preferences_; }

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
    // Findings that were not looked at because there were too many in one tick.
    [[nodiscard]] std::uint64_t findings_dropped() const { return findings_dropped_; }
    // Findings held back by a silence or by feedback, tick by tick.
    [[nodiscard]] std::uint64_t findings_held_back() const { return findings_held_back_; }

private:
    // The first look names who is there; a rate needs two, and the process table is passed over
    // every few seconds only. After the last look the evidence is that of the onset, whoever comes
    // later.
    static constexpr std::array kEvidenceAfter{seconds(0), seconds(3), seconds(8), seconds(16)};

    struct Pending {
        bool dirty = false;   // must be told
        bool urgent = false;  // ... at once, not at the next update interval
        bool verifying = false;
        bool last_rung = true;  // of the remedies for it
        Verification verification;
        FixedString<63> verified_metric;
        double before = 0;  // its value when the action was asked for
        Severity severity_before = Severity::Info;
        std::optional<NoActionForecast> forecast;
        Instant asked;
        Instant acted;
        Instant told;
        std::uint8_t evidence_looks = 0;
        Instant evidence_at;
        Instant since;  // its onset; of one that came back, when it began again
        Subject beneath;
        bool reopened = false;      // who did it the last time is known, not who does it now
        bool growth_known = false;  // where the file system grew was looked for
        bool flood = false;         // opened by many findings of its kind at once
        bool late_change = false;   // heard of after it opened: weighed at the next tick
    };
    struct KindCount {
        FixedString<47> kind;
        std::size_t count = 0;
    };

    void note_change(const Event& event);
    void watch_clocks(Instant now);
    void count_kinds(std::span<const Finding> findings);
    [[nodiscard]] bool comes_in_a_flood(std::string_view kind) const;
    void take(const Finding& finding, Instant now, EvidenceSource& evidence);
    void take_new(const Finding& finding, Instant now, EvidenceSource& evidence);
    bool join_known(const Finding& finding, Instant now);
    bool join_kin(const Finding& finding, const Subject& beneath, Instant now);
    bool join_flood(const Finding& finding, Instant now);
    bool join_culprit(const Finding& finding, Instant now, EvidenceSource& evidence);
    bool reopen(const Finding& finding, const Subject& beneath, Instant now);
    void join(std::size_t i, const Finding& finding, Instant now);
    void join_notable(const Finding& finding, Instant now);
    void open_incident(const Finding& finding, const Subject& beneath, Instant now,
                       EvidenceSource& evidence);
    void add_history(Incident& incident) const;
    void look_for_causes(std::size_t i, EvidenceSource& evidence);
    void weigh_late_changes(std::size_t i);
    void look_for_growth(std::size_t i, EvidenceSource& evidence);
    void rank_again(std::size_t i, const Incident& looked);
    void look_at_series(std::size_t i, EvidenceSource& evidence);
    void watch_source(std::size_t i, Instant now, EvidenceSource& evidence);
    void tell_all(NoteKind kind, std::string_view text, Instant now);
    void look_for_evidence(std::size_t i, Instant now, EvidenceSource& evidence);
    void verify(std::size_t i, Instant now, EvidenceSource& evidence);
    void begin_acting(std::size_t i, Instant now);
    void note_end_of_run(std::size_t i, const ActionReport& report, Instant now);
    void conclude(std::size_t i, std::string_view outcome);
    void update_severity(std::size_t i, Instant now);
    void tell(std::size_t i, Instant now);
    [[nodiscard]] Duration calm_for(const Incident& incident) const;
    void remove_over();
    [[nodiscard]] std::size_t index_of(const IncidentId& id) const;

    IncidentSettings settings_;
    std::mt19937_64 random_;
    std::vector<Incident> incidents_;  // reserved at start; parallel to pending_
    std::vector<Pending> pending_;
    std::vector<Incident> changed_;
    std::vector<Incident> recent_;          // the newest that are over, to be reopened
    FixedVector<KindCount, 16> new_kinds_;  // of this tick
    std::size_t new_findings_ = 0;          // of this tick
    EventHistory events_;
    Preferences preferences_;
    Instant last_run_;
    std::uint64_t findings_dropped_ = 0;
    std::uint64_t findings_held_back_ = 0;
    std::span<const Incident> view_;
    std::uint64_t refused_ = 0;
    std::uint64_t opened_ = 0;
};

}  // namespace homeostat
