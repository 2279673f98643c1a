// Shipper is the last stage: it keeps every incident in the spool and brings it to each
// destination.
//
// A step function of the clock: no thread, no timer, no sleep. The agent's second thread calls
//
//     shipper.accept(incident); ... shipper.flush(now);    // durable when flush returns true
//     shipper.step(now);                                   // then sleep until next_due()
//
// and the simulation calls the same with a clock of its own: the same seed, times and answers give
// the same requests. Each destination has its own cursor, back-off and state, so that one that is
// down holds up nobody else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/uplink/destination.hpp"
#include "agent/uplink/settings.hpp"
#include "agent/uplink/spool.hpp"
#include "core/fetcher.hpp"
#include "core/incident.hpp"

namespace homeostat {

class Shipper {
public:
    // REQUIRES: check_settings(settings); `spool` and `fetcher` outlive the shipper and are used
    // by nobody else. `seed` is for jitter only. The spool is opened here, whatever is on disk.
    Shipper(const ShipSettings& settings, Spool& spool, Fetcher& fetcher, std::uint64_t seed,
            Instant start);
    ~Shipper();
    Shipper(const Shipper&) = delete;
    Shipper& operator=(const Shipper&) = delete;

    // Once at start, for incidents of the local store that are open or were resolved within the
    // last quarter of an hour: what Alertmanager must go on hearing about.
    void restore(const Incident& incident, Instant now);

    // Takes one record (a new `seq` of an incident). It is safe once flush() has returned true.
    void accept(const Incident& incident, Instant now);

    // Group commit: one fdatasync a class for all that was accepted since. False: the disk refuses
    // and the records are in memory only (spool().status() says why); they are shipped all the
    // same.
    bool flush(Instant now);

    // Lets each destination that is due make one request. Never takes longer than the timeouts of
    // those requests together.
    void step(Instant now);

    // When step() has something to do next; possibly already past.
    [[nodiscard]] Instant next_due() const;

    // One for each destination: json_lines, journald, otlp, webhooks, alertmanagers.
    [[nodiscard]] std::vector<DestinationStatus> status() const;
    [[nodiscard]] const Spool& spool() const { return spool_; }

private:
    Spool& spool_;
    std::vector<std::unique_ptr<Destination>> destinations_;
    std::string scratch_;
};

}  // namespace homeostat
