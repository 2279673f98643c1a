// Decider turns an incident into the one action a rule wants for it, or says why not.
//
// It runs in the watcher and decides nothing that the actuator does not check again: it exists so
// that the incident can tell its own story, and so that the actuator is not asked in vain.
//
// A decision comes once per incident and rule (an edge, not a level): again only when the severity
// rises, or when the incident still holds after the cooldown of an action that was asked for. When
// an action did not help and its rule has a ladder, the next rung decides, at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actions/action_config.hpp"
#include "actions/joins.hpp"
#include "core/decision.hpp"
#include "core/incident.hpp"
#include "core/time.hpp"

namespace homeostat {

// After start the agent only watches: what it sees right after boot is often not yet true.
inline constexpr Duration kGraceAfterStart = minutes(5);

// However short the cooldown is, a decision is not repeated sooner.
inline constexpr Duration kRetryMin = seconds(30);

// An actuator that could not be reached has done nothing: no cooldown begins. It is asked again so
// soon, then after twice the time, and so on; a restart of its socket takes a moment.
inline constexpr Duration kUnreachedRetryMin = seconds(5);
inline constexpr Duration kUnreachedRetryMax = minutes(5);

// After an action that helped, the incident closes by itself a little later. Only if it does not
// within this time is the same action thought of again.
inline constexpr Duration kRestAfterEffect = minutes(5);

// What waits for a person is asked for again so often: an approval in advance takes effect then.
inline constexpr Duration kApprovalRetry = minutes(5);

// Nobody looked for so long: the host was suspended, or the agent was stopped. What is seen right
// after it is often not yet true either.
inline constexpr Duration kGapMax = seconds(30);

// So many incidents at once that one rule would act on are no many faults: most of what is seen is
// broken, or what we see with is (reliability rule B21). Nothing is done and a person is told.
inline constexpr std::size_t kStormIncidents = 8;

// One incident in so many of a rule in mode recommend is only watched: without cases in which
// nothing was done nobody knows what doing something is worth.
inline constexpr std::uint64_t kControlOneIn = 10;

// True for the incidents of that tenth, for good: it goes by the incident's id alone.
bool is_control(const IncidentId& incident);

struct DeciderOptions {
    Duration grace;         // observe only for so long after the first call, or a gap; 0: none
    std::string host_id{};  // the machine id: whose turn it is in a fleet
    std::size_t incidents_max = 256;  // remembered at once; the one not seen longest is forgotten
};

class Decider {
public:
    // `config` must outlive it. Allocates all it needs now.
    explicit Decider(const ActionConfig& config, DeciderOptions options = {});

    // Once per tick, before decide(): how it knows a gap from an hour without incidents.
    void tick(Instant now);

    // Every open incident, every tick, also those that decide() is not asked about: a part of
    // another rule's `all` may be held by one that is being repaired.
    void see(const Incident& incident, Instant now) { joins_.see(incident, now); }

    // The decision that is due for this incident now, if one is. Call it for every open incident,
    // every tick; most calls return nothing. The first matching enabled rule of the files decides.
    // `allowed` false with a reason in `why` is a decision too: it belongs in the incident's story.
    // Allowed in mode Observe means: ask the actuator for a dry run. Recommend: wait for a person.
    std::optional<Decision> decide(const Incident& incident, Instant now);

    // Tells what came of a decision: one that did not reach the actuator, or waits for a person, is
    // due again soon and does not lengthen the cooldown. Every report of the actuator comes here.
    void note(const ActionReport& report);

    // The numbers of what was done once, by its record; nothing when the files have no such entry.
    [[nodiscard]] std::optional<Decision> decision_behind(const ActionRecord& action,
                                                          const Incident& incident) const;

    // The rule behind a decision of ours, to verify its effect.
    [[nodiscard]] const Rule* rule_of(const Decision& decision) const;

    // Incidents that had to be forgotten to make room.
    [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

private:
    struct Memory {
        IncidentId incident;
        std::uint16_t rule = 0;
        bool in_use = false;
        bool asked = false;     // the decision was allowed: again after the cooldown
        bool in_grace = false;  // ... was made in the grace time: again when that is over
        Severity severity = Severity::Info;
        Instant decided;
        Instant seen;
        std::optional<Instant> counted;  // by the throttle, as one match
        std::uint32_t times = 0;      // decisions so far: each but the first doubles the cooldown
        std::uint32_t lost = 0;       // of them, that nobody answered: these double nothing
        std::uint32_t unreached = 0;  // of these, the latest in a row
        bool waiting = false;         // for a person's approval
        bool in_storm = false;        // refused because of one: again when it is over
        std::optional<Instant> turn;  // refused until it is this host's in the fleet
    };

    // One group of a throttle: same rule, same values of its group_by fields.
    struct Group {
        std::uint64_t key = 0;
        bool in_use = false;
        Instant first;  // of the window
        Instant seen;
        std::uint32_t matches = 0;
    };

    std::optional<std::uint16_t> first_match(const Incident& incident, Instant now) const;
    std::uint16_t choose_rung(std::uint16_t rule, const Incident& incident, Instant now) const;
    bool is_last_rung(const Rule& rule, const Incident& incident, Instant now) const;
    bool is_storm(std::uint16_t rule, Instant now) const;
    Duration wait_for_turn(const Decision& decision, Instant now) const;
    bool is_due(const Memory& memory, const Incident& incident, Instant now) const;
    Duration wait_before_retry(const Memory& memory) const;
    bool in_grace(Instant now) const;  // REQUIRES: decide() was called before
    bool passes_throttle(Memory& memory, const Incident& incident, Instant now);
    static bool accumulate(Group& group, Memory& memory, const Throttle& throttle, Instant now);
    Memory& memory_of(const IncidentId& incident, std::uint16_t rule, Instant now);
    Group& group_of(std::uint64_t key, Instant now);
    Decision make_decision(std::uint16_t rule, const Incident& incident, Instant now) const;
    Duration cooldown_of(const Rule& rule) const;
    void judge(const Rule& rule, const Incident& incident, Instant now, Decision& decision) const;

    const ActionConfig& config_;
    DeciderOptions options_;
    Joins joins_;
    std::vector<Memory> memories_;
    std::vector<Group> groups_;
    std::optional<Instant> started_;  // the grace time counts from here
    std::optional<Instant> last_tick_;
    std::uint64_t forgotten_ = 0;
};

}  // namespace homeostat
