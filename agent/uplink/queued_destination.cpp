#include "agent/uplink/queued_destination.hpp"

#include <algorithm>

#include "agent/incidents/incident_proto.hpp"
#include "agent/uplink/status_code.hpp"

namespace homeostat {
namespace {

constexpr Instant kNever{.monotonic_ns = INT64_MAX, .unix_ns = 0};

}  // namespace

QueuedDestination::QueuedDestination(QueueSettings settings, Spool& spool,
                                     std::unique_ptr<Exporter> exporter, std::uint64_t seed,
                                     Instant start)
    : settings_(std::move(settings)),
      spool_(spool),
      exporter_(std::move(exporter)),
      id_(spool.add_destination(settings_.name)),
      backoff_(seed, Backoff::kLeast, settings_.retry_max),
      due_(start),
      limit_(exporter_->records_max()) {
    status_.name = settings_.name;
    if (exporter_->is_remote() && settings_.first_send_spread.ns > 0) {
        due_ = start + JitterRandom(~seed).below(settings_.first_send_spread);
    }
}

Instant QueuedDestination::next_due() const {
    return spool_.queued(id_) == 0 ? kNever : due_;
}

DestinationStatus QueuedDestination::status() const {
    DestinationStatus status = status_;
    status.queued = spool_.queued(id_);
    return status;
}

void QueuedDestination::step(Instant now) {
    if (now < due_ || spool_.queued(id_) == 0) return;
    if (const Instant ready = exporter_->ready_at(now); ready > now) {
        due_ = ready;
        return;
    }
    const Batch batch = fill(now);
    if (batch.records == 0) {
        settle(batch);  // nothing left but records that nobody can read, or nobody wants
        due_ = now + settings_.batch_interval;
        return;
    }
    const Outcome outcome = exporter_->send(now);
    ++status_.requests;
    ++status_.codes[counted_status(outcome.status)];
    status_.bytes_raw += outcome.bytes_raw;
    status_.bytes_wire += outcome.bytes_wire;
    judge(batch, outcome, now);
    if (batch.full || outcome.verdict == Verdict::Halve || outcome.verdict == Verdict::Retry ||
        outcome.verdict == Verdict::Hold) {
        spool_.rewind(id_);
    }
}

QueuedDestination::Batch QueuedDestination::fill(Instant now) {
    Batch batch;
    exporter_->begin();
    SpoolRecord record;
    Incident incident;
    while (batch.records < limit_) {
        if (!spool_.read(id_, record)) {
            batch.at_end = true;
            break;
        }
        const auto decoded = decode_incident(record.payload, incident);
        const bool severe = decoded && std::max(incident.severity, incident.peak_severity) >=
                                           settings_.severity_min;
        const bool wanted = severe && !exporter_->is_overtaken(incident);
        const Gap gap{.kind = record.kind, .lost = record.lost_before};
        if (wanted && !exporter_->add(incident, gap, now)) {
            batch.full = true;
            break;
        }
        batch.lost += record.lost_before;
        batch.last[static_cast<std::size_t>(record.kind)] = record.seq;
        if (wanted) ++batch.records;
        if (severe && !wanted) ++batch.overtaken;
        if (!decoded) {
            ++batch.unreadable;
            status_.last_error = decoded.error().text.view();
        }
    }
    return batch;
}

void QueuedDestination::settle(const Batch& batch) {
    for (std::size_t i = 0; i < kSpoolClasses; ++i) {
        if (batch.last[i] == 0) continue;
        spool_.acknowledge(id_, static_cast<SpoolClass>(i), batch.last[i]);
    }
    status_.lost += batch.lost;
    if (batch.at_end) status_.lost += spool_.acknowledge_to_end(id_);
    status_.dropped += batch.unreadable;
    status_.overtaken += batch.overtaken;
    spool_.store_cursor(id_);
}

void QueuedDestination::judge(const Batch& batch, const Outcome& outcome, Instant now) {
    switch (outcome.verdict) {
        case Verdict::Advance:
            settle(batch);
            backoff_.reset();
            status_.sent += batch.records - std::min(outcome.rejected, batch.records);
            status_.rejected += outcome.rejected;
            status_.state = DestinationState::Ok;
            status_.last_error = outcome.message.view();
            status_.last_success_ns = now.unix_ns;
            limit_ = std::min(limit_ * 2, exporter_->records_max());
            due_ = now + settings_.batch_interval;
            return;
        case Verdict::Retry:
            note_failure(outcome, DestinationState::Waiting);
            due_ = now + backoff_.next(outcome.retry_after, outcome.retry_least);
            return;
        case Verdict::Hold:
            note_failure(outcome, DestinationState::Holding);
            due_ = now + kProbeInterval;
            return;
        case Verdict::Halve:
            note_failure(outcome, DestinationState::Failing);
            limit_ = std::max<std::size_t>(batch.records / 2, 1);
            due_ = now + settings_.batch_interval;
            return;
        case Verdict::Drop:
            settle(batch);
            note_failure(outcome, DestinationState::Failing);
            status_.dropped += batch.records;
            // A server that refuses everything must not empty the spool in a minute.
            due_ = now + backoff_.next(outcome.retry_after);
            return;
    }
}

void QueuedDestination::note_failure(const Outcome& outcome, DestinationState state) {
    ++status_.failures;
    status_.state = state;
    status_.last_error = outcome.message.view();
}

}  // namespace homeostat
