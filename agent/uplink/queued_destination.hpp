// QueuedDestination brings the spool's records to one exporter, in order, at least once.
//
// It owns the cursor and the waiting: one batch at a time, the cursor moved only after the answer,
// full-jitter back-off, a batch halved when it is refused and grown again when it is taken.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "agent/uplink/backoff.hpp"
#include "agent/uplink/destination.hpp"
#include "agent/uplink/exporter.hpp"
#include "agent/uplink/spool.hpp"

namespace homeostat {

struct QueueSettings {
    std::string name;
    Duration first_send_spread;
    Duration batch_interval;                 // at least this long between two batches
    Severity severity_min = Severity::Info;  // by peak severity; what is below is passed over
    Duration retry_max = Backoff::kMost;     // the longest wait between two tries
};

class QueuedDestination final : public Destination {
public:
    // While it holds: how often it is asked whether the token or the address is right now.
    static constexpr Duration kProbeInterval = minutes(5);

    // The spool outlives the destination.
    QueuedDestination(QueueSettings settings, Spool& spool, std::unique_ptr<Exporter> exporter,
                      std::uint64_t seed, Instant start);

    void accept(const Incident& incident, Instant) override { exporter_->hear(incident); }
    void restore(const Incident& incident, Instant) override { exporter_->hear(incident); }
    void step(Instant now) override;
    [[nodiscard]] Instant next_due() const override;
    [[nodiscard]] DestinationStatus status() const override;

private:
    // What is in flight: how far each class is read, and what that means for the counts.
    struct Batch {
        std::array<std::uint64_t, kSpoolClasses> last{};  // 0: none of this class
        std::uint64_t records = 0;
        std::uint64_t lost = 0;
        std::uint64_t unreadable = 0;
        std::uint64_t overtaken = 0;
        bool full = false;    // a record was read that did not fit
        bool at_end = false;  // there are no more
    };

    Batch fill(Instant now);
    void settle(const Batch& batch);
    void judge(const Batch& batch, const Outcome& outcome, Instant now);
    void note_failure(const Outcome& outcome, DestinationState state);

    QueueSettings settings_;
    Spool& spool_;
    std::unique_ptr<Exporter> exporter_;
    Spool::DestinationId id_;
    Backoff backoff_;
    Instant due_;
    std::size_t limit_;  // records of the next batch
    DestinationStatus status_;
};

}  // namespace homeostat
