// Spool keeps records on disk until every destination has them: bounded, checksummed, durable.
//
// Three classes, each a ring of its own (agent/uplink/spool_ring.hpp draws the files), so that
// noise cannot push out what matters: a full ring drops its own oldest records. Records carry a
// number that grows by one, so whatever a destination misses, by overflow or by damage, shows as a
// gap in the numbers; read() reports it with the next record (`lost_before`).
//
// The promise: once commit() has returned true, the records added before it survive kill -9 and a
// power cut, for as long as the ring keeps them. Starting succeeds with whatever is on disk. A disk
// that refuses (full, read-only, broken) costs durability only: records then go to a small ring in
// memory, status() says so, and the disk is tried again each minute.
//
// Memory: some 100 bytes for each segment, one read buffer, the memory ring; none for a record.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/uplink/payload_codec.hpp"
#include "agent/uplink/settings.hpp"
#include "agent/uplink/spool_class.hpp"
#include "agent/uplink/spool_cursor.hpp"
#include "agent/uplink/spool_files.hpp"
#include "agent/uplink/spool_ring.hpp"
#include "core/time.hpp"

namespace homeostat {

struct SpoolRecord {
    SpoolClass kind = SpoolClass::Info;
    std::uint64_t seq = 0;          // of its class
    std::uint64_t lost_before = 0;  // records of its class that this destination will never see
    std::string payload;
};

struct SpoolStatus {
    bool degraded = false;             // records go to memory only
    std::string last_error;            // of the disk, or empty
    std::uint64_t bytes = 0;           // on disk, fixed
    std::uint64_t records = 0;         // added since start; as below
    std::uint64_t memory_records = 0;  // in the memory ring now
    std::uint64_t memory_dropped = 0;  // pushed out of it
    std::uint64_t damaged = 0;         // damaged places met when reading or starting
    std::uint64_t disk_errors = 0;
    std::uint64_t refused = 0;  // larger than kSpoolPayloadMax
};

class Spool {
public:
    using DestinationId = std::size_t;

    // Opens what is in `files`, which outlives the spool. `random` names the rings if they are new.
    Spool(const SpoolSettings& settings, SpoolFiles& files, std::uint64_t random);

    // Makes the destination known and loads its cursor. One that is new starts at the oldest
    // record that is kept. REQUIRES: name matches [a-z0-9_-]{1,48}.
    DestinationId add_destination(std::string_view name);

    // Adds to the group that the next commit() makes durable.
    void add(SpoolClass kind, std::string_view payload);

    // Writes the group and syncs it: one write and one sync for each class that has something new.
    // True: it is on the disk. False: it is in memory only.
    bool commit(Instant now);

    // The record after the ones read since the last rewind(), or nothing. Classes come in order
    // of importance, records of a class in order of age.
    bool read(DestinationId id, SpoolRecord& out);

    // Starts reading anew behind the last acknowledged record.
    void rewind(DestinationId id);

    // The destination has all that was read up to and including this record of its class. Kept in
    // memory; store_cursor() writes it down. A lost one only repeats a delivery: so what was read
    // before the disk was opened anew, perhaps with other records on it, acknowledges nothing.
    void acknowledge(DestinationId id, SpoolClass kind, std::uint64_t seq);
    void store_cursor(DestinationId id);

    // When read() has come to the end: records that were there then but cannot be read (damaged
    // since) are given up, so that nobody waits for them. Returns how many.
    std::uint64_t acknowledge_to_end(DestinationId id);

    // Records that the destination has not acknowledged, including those it can never have.
    [[nodiscard]] std::uint64_t queued(DestinationId id) const;
    [[nodiscard]] SpoolStatus status() const;

    // While degraded: when the disk is tried again. Otherwise far in the future.
    [[nodiscard]] Instant next_due() const;

private:
    struct Reader {
        SpoolCursor cursor;
        std::array<RingPosition, kSpoolClasses> next{};
        std::array<std::uint64_t, kSpoolClasses> seen{};  // the last one handed out
        std::array<std::uint64_t, kSpoolClasses> end{};   // the newest when it last read to the end
        bool reset = false;  // the rings were opened anew since it last read
    };

    SpoolRing& ring(SpoolClass kind) { return rings_[static_cast<std::size_t>(kind)]; }
    Status open_rings();
    void start_reader(Reader& reader);
    Status commit_rings();
    void degrade(const Error& error, Instant next_try);
    bool read_class(Reader& reader, std::size_t index, SpoolRecord& out);

    SpoolSettings settings_;
    SpoolFiles& files_;
    std::uint64_t random_;
    PayloadCodec codec_;
    std::vector<SpoolRing> rings_;  // one for each class
    std::vector<Reader> readers_;
    bool degraded_ = false;
    std::string last_error_;
    Instant next_disk_try_;
    std::uint64_t records_ = 0;
    std::uint64_t disk_errors_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t undecodable_ = 0;
};

}  // namespace homeostat
