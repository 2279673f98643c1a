// The candidates of one ranking of causes, and where they come from: what happened (cause_events),
// and who is there (cause_ranking).
#pragma once

#include <algorithm>

#include "agent/incidents/event_history.hpp"
#include "core/incident.hpp"

namespace homeostat {

inline constexpr double kSure = 0.95;         // never certain
inline constexpr double kKernelSaid = 0.90;   // the kernel named it
inline constexpr double kBystander = 0.3;     // it uses what has broken by itself
inline constexpr double kMostOfMemory = 0.4;  // in use, in one tmpfs: no process is to blame first

struct CauseCandidates {
    FixedVector<Cause, 12> all;

    void add(const Cause& cause) {
        for (Cause& known : all) {
            if (!(known.name == cause.name)) continue;
            if (cause.confidence >= known.confidence) known = cause;  // the later knows more
            return;
        }
        (void)all.push(cause);  // a dozen is enough to find the best three
    }
};

// What the share of a resource is worth: a third of it may be chance, two thirds rarely are.
inline double worth_of_share(double share) {
    return kSure * std::min(1.0, 1.35 * std::max(0.0, share));
}

// Programs that write what others say.
inline bool is_logger(std::string_view name) {
    return name.starts_with("systemd-journal") || name == "rsyslogd" || name == "syslog-ng" ||
           name.starts_with("rs:main");
}

// Adds what changed shortly before the onset, what the kernel said, and what the logs did.
void add_events(CauseCandidates& candidates, const Incident& incident, const EventHistory& events);

}  // namespace homeostat
