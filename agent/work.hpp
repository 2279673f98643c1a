// Work is what passes between the watch and the two threads that act and ship.
#pragma once

#include "collectors/process_snapshot.hpp"
#include "core/bounded_queue.hpp"
#include "core/decision.hpp"
#include "core/incident.hpp"

namespace homeostat {

// A decision to carry out; or the word that carrying it out made matters worse, or a sign of life,
// neither of which anybody waits for an answer to.
struct ActionJob {
    IncidentId incident;
    Decision decision;
    bool harm = false;
    bool ping = false;
};

// What the processes did when the incident opened. For this host's store only.
struct ProcessSnapshot {
    IncidentId incident;
    ProcessSnapshotText text;
};

struct Work {
    // Incidents are some 7 kB each and wait here only until the courier has spooled them.
    BoundedQueue<Incident> to_ship{64};
    static constexpr std::size_t kSnapshotsMax = 2;  // more incidents at a time have none
    BoundedQueue<ProcessSnapshot> snapshots{kSnapshotsMax};
    BoundedQueue<ActionJob> to_act{16};
    BoundedQueue<ActionReport> reports{16};
};

}  // namespace homeostat
