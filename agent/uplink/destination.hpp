// Destination is one place that incidents go to, with its own progress and its own troubles.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/incident.hpp"
#include "core/time.hpp"

namespace homeostat {

enum class DestinationState : std::uint8_t {
    Untried,  // nothing was to be sent yet, or the first try is still to come
    Ok,       // the last try succeeded
    Waiting,  // the last try failed in a way that passes: backing off
    Holding,  // wrong token or address: the queue is kept, one probe each five minutes
    Failing,  // refused for good, or records were dropped lately
};

std::string_view name_of(DestinationState state);

struct DestinationStatus {
    std::string name;
    DestinationState state = DestinationState::Untried;
    std::uint64_t queued = 0;     // records (for Alertmanager: alerts) not delivered yet
    std::uint64_t sent = 0;       // since start, as all below
    std::uint64_t rejected = 0;   // by the server, one by one
    std::uint64_t dropped = 0;    // given up on here: refused batches, unreadable records
    std::uint64_t lost = 0;       // overwritten in the full spool before they could be sent
    std::uint64_t overtaken = 0;  // passed over: a newer record of the incident says more
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;          // requests without success
    std::map<int, std::uint64_t> codes;  // requests, by counted_status()
    std::uint64_t bytes_raw = 0;         // of bodies, before and after compression
    std::uint64_t bytes_wire = 0;
    std::string last_error;            // of the last failure or warning; no credentials
    std::int64_t last_success_ns = 0;  // Unix; 0: never
};

class Destination {
public:
    virtual ~Destination() = default;

    // A record has been made; queued destinations find it in the spool when its turn comes.
    virtual void accept(const Incident& incident, Instant now) = 0;

    // At start: an incident that the local store knows. See Shipper::restore.
    virtual void restore(const Incident& incident, Instant now) = 0;

    // At most one request for each server behind it. REQUIRES: now does not go back.
    virtual void step(Instant now) = 0;

    [[nodiscard]] virtual Instant next_due() const = 0;
    [[nodiscard]] virtual DestinationStatus status() const = 0;
};

}  // namespace homeostat
