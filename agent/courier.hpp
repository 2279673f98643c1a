// Courier makes every incident durable: staged in the local store, then in the spool, then shown by
// the store. So what people see on this host reaches the servers, whenever the process dies.
//
// A step function: the daemon calls it on its own thread, the simulation from its one loop. It does
// all that waits for the state disk and nothing that waits for a server, so that neither can hold
// up the watch, and no server the disk. Bringing the spool to the servers is Shipper::step().
//
// What the store refused (a full disk) waits in memory, the newest record of each incident, and is
// tried again every ten seconds and when the daemon stops: an incident that the next start does not
// know would open once more, under another id, and the old one would never be closed anywhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/incident_tally.hpp"
#include "agent/incidents/incident_store.hpp"
#include "agent/uplink/shipper.hpp"
#include "agent/work.hpp"

namespace homeostat {

struct StoreStatus {
    std::uint64_t saved = 0;
    std::uint64_t failures = 0;  // of records, once each; trying again does not count
    std::string last_error;      // empty while all of them are on the disk
};

class Courier {
public:
    // Some 7 kB each, and none while the disk takes them. Beyond that the oldest that is over goes,
    // or the oldest.
    static constexpr std::size_t kUnsavedMax = 64;

    // All are borrowed and outlive the courier.
    Courier(Work& work, IncidentStore& store, Shipper& shipper)
        : work_(work), store_(store), shipper_(shipper) {}

    // Once at start, before restore(): what the process before this one had staged and maybe not
    // spooled is spooled, once more at most, and shown.
    void finish(Instant now);

    // Once at start, for each incident of the local store: what lasts is counted as active, and
    // the destinations hear of it (Shipper::restore).
    void restore(const Incident& incident, Instant now);

    // Takes what the watch has handed over, waiting at most `patience` for the first, and makes it
    // durable. True when there was something.
    bool step(Instant now, Duration patience);

    [[nodiscard]] const IncidentTally& tally() const { return tally_; }
    [[nodiscard]] const StoreStatus& store_status() const { return store_status_; }
    [[nodiscard]] const Shipper& shipper() const { return shipper_; }

private:
    void accept(const Incident& incident, Instant now);
    void save_waiting(Instant now);
    void publish(Instant now);
    void keep_waiting(const Incident& incident);
    void forget_waiting(const IncidentId& id);
    void note(const Status& status, Instant now);
    [[nodiscard]] bool is_behind() const { return unpublished_ || !unsaved_.empty(); }

    Work& work_;
    IncidentStore& store_;
    Shipper& shipper_;
    IncidentTally tally_;
    StoreStatus store_status_;
    std::vector<Incident> unsaved_;  // one for each id, oldest first
    bool unpublished_ = false;       // some are staged and could not be shown
    Instant retry_at_;
};

}  // namespace homeostat
