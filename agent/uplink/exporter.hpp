// Exporter turns records of the spool into one request of its protocol, and judges the answer.
//
// It knows nothing of queues, cursors or waiting: QueuedDestination does all that for every
// exporter alike. A batch is built record by record, so that only the encoded form is in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/uplink/spool_class.hpp"
#include "core/incident.hpp"
#include "core/time.hpp"

namespace homeostat {

enum class Verdict : std::uint8_t {
    Advance,  // delivered
    Retry,    // not delivered, will pass: back off
    Hold,     // not delivered, needs a person: keep the queue, probe now and then
    Drop,     // refused for good: go on without this batch
    Halve,    // refused, perhaps because of its size or of one record: try with half of it
};

struct Outcome {
    Verdict verdict = Verdict::Retry;
    std::uint64_t rejected = 0;           // of the batch, by a server that took the rest
    std::optional<Duration> retry_after;  // as the server asks, at most an hour
    Duration retry_least;                 // as the protocol wants; zero: the usual back-off
    int status = 0;                       // HTTP; 0: no answer
    std::uint64_t bytes_raw = 0;
    std::uint64_t bytes_wire = 0;
    FixedString<255> message;  // what went wrong, printable; empty: nothing
};

// Records that a destination will never see, told with the first one behind the gap.
struct Gap {
    SpoolClass kind = SpoolClass::Info;
    std::uint64_t lost = 0;  // 0: no gap
};

class Exporter {
public:
    virtual ~Exporter() = default;

    // A record was made, or at start: this is how far an incident has come. Long before its turn
    // comes to be sent.
    virtual void hear(const Incident&) {}

    // True for a record that would only mislead, because whoever reads it knows better already: it
    // is passed over. Asked before add(), for each record of the batch.
    [[nodiscard]] virtual bool is_overtaken(const Incident&) const { return false; }

    // Forgets the batch.
    virtual void begin() = 0;

    // Adds to the batch; false, and nothing is added, when it has no room. The first record always
    // has room.
    virtual bool add(const Incident& incident, const Gap& gap, Instant now) = 0;

    // Sends what was added, once. REQUIRES: something was.
    virtual Outcome send(Instant now) = 0;

    // When it may send next; not after `now` if at once. A limit of its own, not a failure.
    [[nodiscard]] virtual Instant ready_at(Instant now) { return now; }

    // Most records of one batch.
    [[nodiscard]] virtual std::size_t records_max() const = 0;

    // False for what stays on this host: it needs no spreading over time.
    [[nodiscard]] virtual bool is_remote() const { return true; }
};

}  // namespace homeostat
