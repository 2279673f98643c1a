// Decider turns an incident into the one action a rule wants for it, or says why not.
//
// It runs in the watcher and decides nothing that the actuator does not check again: it exists so
// that the incident can tell its own story, and so that the actuator is not asked in vain.
//
// A decision comes once per incident and rule (an edge, not a level): again only when the severity
// rises, or when the incident still holds after the cooldown of an action that was asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "actions/action_config.hpp"
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

struct DeciderOptions {
    Duration grace;                   // observe only for so long after the first call; 0: none
    std::size_t incidents_max = 256;  // remembered at once; the one not seen longest is forgotten
};

class Decider {
public:
    // `config` must outlive it. Allocates all it needs now.
    explicit Decider(const ActionConfig& config, DeciderOptions options = {});

    // The decision that is due for this incident now, if one is. Call it for every open incident,
    // every tick; most calls return nothing. The first matching enabled rule of the files decides.
    // `allowed` false with a reason in `why` is a decision too: it belongs in the incident's story.
    // Allowed in mode Observe means: ask the actuator for a dry run. Recommend: wait for a person.
    std::optional<Decision> decide(const Incident& incident, Instant now);

    // Tells what came of a decision: one that did not reach the actuator is due again soon, and
    // does not lengthen the cooldown. Every report of the actuator comes here.
    void note(const ActionReport& report);

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
    };

    // One group of a throttle: same rule, same values of its group_by fields.
    struct Group {
        std::uint64_t key = 0;
        bool in_use = false;
        Instant first;  // of the window
        Instant seen;
        std::uint32_t matches = 0;
    };

    std::optional<std::uint16_t> first_match(const Incident& incident) const;
    bool is_due(const Memory& memory, const Incident& incident, Instant now) const;
    Duration wait_before_retry(const Memory& memory) const;
    bool in_grace(Instant now) const;  // REQUIRES: decide() was called before
    bool passes_throttle(Memory& memory, const Incident& incident, Instant now);
    static bool accumulate(Group& group, Memory& memory, const Throttle& throttle, Instant now);
    Memory& memory_of(const IncidentId& incident, std::uint16_t rule, Instant now);
    Group& group_of(std::uint64_t key, Instant now);
    Decision make_decision(std::uint16_t rule, const Incident& incident, Instant now) const;
    void judge(const Rule& rule, const Incident& incident, Instant now, Decision& decision) const;

    const ActionConfig& config_;
    DeciderOptions options_;
    std::vector<Memory> memories_;
    std::vector<Group> groups_;
    std::optional<Instant> started_;
    std::uint64_t forgotten_ = 0;
};

}  // namespace homeostat
