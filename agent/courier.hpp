// Courier is the ship stage: every incident goes to the local store, then to the spool, then out.
//
// A step function: the daemon calls it on its own thread, the simulation from its one loop. Disk
// and network happen here and nowhere else, so that neither can hold up the watch.
#pragma once

#include <cstdint>
#include <string>

#include "agent/incident_tally.hpp"
#include "agent/incidents/incident_store.hpp"
#include "agent/uplink/shipper.hpp"
#include "agent/work.hpp"

namespace homeostat {

struct StoreStatus {
    std::uint64_t saved = 0;
    std::uint64_t failures = 0;
    std::string last_error;  // empty while the last save succeeded
};

class Courier {
public:
    // All are borrowed and outlive the courier.
    Courier(Work& work, IncidentStore& store, Shipper& shipper)
        : work_(work), store_(store), shipper_(shipper) {}

    // Takes what the watch has handed over, waiting at most `patience` for the first, makes it
    // durable, and lets each destination that is due make one request.
    void step(Instant now, Duration patience);

    [[nodiscard]] const IncidentTally& tally() const { return tally_; }
    [[nodiscard]] const StoreStatus& store_status() const { return store_status_; }
    [[nodiscard]] const Shipper& shipper() const { return shipper_; }

private:
    void accept(const Incident& incident, Instant now);

    Work& work_;
    IncidentStore& store_;
    Shipper& shipper_;
    IncidentTally tally_;
    StoreStatus store_status_;
};

}  // namespace homeostat
