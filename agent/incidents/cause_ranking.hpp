// CauseRanking asks who did it, and how sure one can be.
//
// Candidates are the processes that use the resource in question (by their share, their growth and
// whether they started just before the onset), the changes shortly before the onset (by how near
// in time, and whether they name the subject or the process), what the kernel said (its victim of
// a memory kill, its failing disk), and the subject itself when it is the one that ran into its own
// limit. Each carries what speaks for and against it. Time order alone never clears the gate: many
// things happen just before any given second.
#pragma once

#include "agent/incidents/event_history.hpp"
#include "core/incident.hpp"

namespace homeostat {

struct RankedCauses {
    FixedVector<Cause, 3> causes;      // those above the gate, the likeliest first
    FixedVector<Cause, 3> considered;  // the best three, whatever their confidence
};

// Looks at what the incident knows (findings, processes) and at the events before and during it.
RankedCauses rank_causes(const Incident& incident, const EventHistory& events,
                         double confidence_min);

// True when this change may have to do with the incident: shortly before its onset, or during it.
bool is_relevant(const Event& event, const Incident& incident);

}  // namespace homeostat
