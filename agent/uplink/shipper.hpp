// Shipper is the last stage: it keeps every incident in the spool and brings it to each
// destination.
//
// A step function of the clock: no thread, no timer, no sleep. The agent has one thread for the
// disk and one for the network,
//
//     shipper.accept(incident); ... shipper.flush(now);    // durable when flush returns true
//     shipper.step(now);                                   // then sleep until next_due()
//
// and the simulation calls both with a clock of its own: the same seed, times and answers give the
// same requests. Every function may be called from any thread. One lock guards all of it and is let
// go of while a request is in flight, so that a server that says nothing keeps no incident from the
// disk. Each destination has its own cursor, back-off and state.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
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

    // Once at start, for the incidents of the local store: Alertmanager must go on hearing about
    // those that are open or were resolved within the last quarter of an hour, and no webhook is
    // told any more what was of those that are over.
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

    // How long a thread that calls step() may sleep, unless something new is accepted meanwhile:
    // at least kPauseLeast, so that nothing that is due and cannot be done takes a whole core.
    static constexpr Duration kPauseLeast = milliseconds(10);
    static constexpr Duration kPauseMost = seconds(60);
    [[nodiscard]] Duration pause(Instant now) const;

    // One for each destination: json_lines, journald, otlp, webhooks, alertmanagers.
    [[nodiscard]] std::vector<DestinationStatus> status() const;
    [[nodiscard]] SpoolStatus spool_status() const;

private:
    // Lets go of the lock for as long as a request takes.
    class UnlockedFetcher final : public Fetcher {
    public:
        UnlockedFetcher(Fetcher& fetcher, std::mutex& mutex) : fetcher_(fetcher), mutex_(mutex) {}
        Result<HttpResponse> fetch(const HttpRequest& request) override;

    private:
        Fetcher& fetcher_;
        std::mutex& mutex_;
    };

    mutable std::mutex mutex_;  // guards all below
    UnlockedFetcher fetcher_;
    Spool& spool_;
    std::vector<std::unique_ptr<Destination>> destinations_;
    std::string scratch_;
};

}  // namespace homeostat
