// Joins remembers which parts of a rule's `all` and `not_all` are held by open incidents: the parts
// may be held by different ones.
//
//   all      every part is held, by an incident that is open or was so within `timeout`
//   not_all  some part was held, and `timeout` later not every one has been
//
// One incident is the one that something is done about. `all`: the first part's; when that incident
// is over, the next part's. An incident that holds every part by itself speaks for itself.
// `not_all`: the one that came first.
//
// Fixed memory: one slot for each part of each rule. Time comes in with the incident.
#pragma once

#include <cstddef>
#include <vector>

#include "actions/rule.hpp"
#include "core/incident.hpp"
#include "core/time.hpp"

namespace homeostat {

// An incident that was looked at so lately is open.
inline constexpr Duration kSeenLately = seconds(10);

class Joins {
public:
    // `rules` must outlive it. Allocates all it needs now.
    explicit Joins(const std::vector<Rule>& rules);

    // Every open incident, every tick. REQUIRES: now does not go back.
    void see(const Incident& incident, Instant now);

    // Is this the incident about which this rule wants something done now?
    [[nodiscard]] bool holds(std::size_t rule, const Incident& incident, Instant now) const;

private:
    struct Part {
        bool held = false;  // ever
        IncidentId incident;
        Instant since;  // it began to hold
        Instant seen;
    };
    // Of a `not_all`: begins with the first part, lasts for the timeout, and as long as the
    // incident that began it.
    struct Window {
        bool begun = false;
        bool complete = false;
        IncidentId lead;
        Instant began;
        Instant seen;  // the lead
    };
    struct Joint {
        std::size_t rule = 0;
        std::vector<Part> parts;
        Window window;
    };

    [[nodiscard]] const Joint* find(std::size_t rule) const;
    static bool is_open(const Part& part, Instant now);
    static void watch(Joint& joint, Duration timeout, const Part& part, Instant now);

    const std::vector<Rule>& rules_;
    std::vector<Joint> joints_;
};

}  // namespace homeostat
