#include "agent/uplink/spool.hpp"

#include <algorithm>
#include <cassert>

namespace homeostat {
namespace {

// A disk that refused is tried again so often: a full one may have been cleaned, perhaps by us.
constexpr Duration kDiskRetry = minutes(1);
constexpr Instant kNever{.monotonic_ns = INT64_MAX, .unix_ns = 0};

std::uint64_t difference(std::uint64_t a, std::uint64_t b) {
    return a > b ? a - b : 0;
}

}  // namespace

Spool::Spool(const SpoolSettings& settings, SpoolFiles& files, std::uint64_t random)
    : settings_(settings), files_(files), random_(random) {
    std::uint64_t segments = 0;
    for (const std::uint16_t count : settings.segments) segments += count;
    for (std::size_t i = 0; i < kSpoolClasses; ++i) {
        const auto memory = std::uint64_t{settings.memory_bytes} * settings.segments[i] / segments;
        rings_.emplace_back(static_cast<SpoolClass>(i), settings.segment_bytes,
                            settings.segments[i], static_cast<std::uint32_t>(memory));
    }
    const auto opened = open_rings();
    if (!opened) degrade(opened.error(), {});
}

Status Spool::open_rings() {
    Status result = Ok{};
    for (std::size_t i = 0; i < kSpoolClasses; ++i) {
        std::vector<SpoolMark> marks;
        for (const Reader& reader : readers_) {
            marks.push_back(reader.cursor.mark(static_cast<SpoolClass>(i)));
        }
        const auto epoch = static_cast<std::uint32_t>(random_ >> (8 * i));
        const auto opened = rings_[i].open(files_, epoch, marks);
        if (!opened && result) result = opened;
    }
    if (!result) return result;
    return files_.sync_directory();
}

// ---- Destinations
// --------------------------------------------------------------------------------

Spool::DestinationId Spool::add_destination(std::string_view name) {
    readers_.push_back({.cursor = SpoolCursor(name)});
    Reader& reader = readers_.back();
    const auto loaded = reader.cursor.load(files_);
    if (!loaded) {
        ++disk_errors_;
        last_error_ = loaded.error().text.view();
    }
    start_reader(reader);
    return readers_.size() - 1;
}

// Puts the reader behind what its cursor marks as delivered. In a ring that the cursor does not
// know it starts at the oldest record.
void Spool::start_reader(Reader& reader) {
    for (std::size_t i = 0; i < kSpoolClasses; ++i) {
        SpoolMark& mark = reader.cursor.mark(static_cast<SpoolClass>(i));
        if (mark.epoch != rings_[i].epoch()) {
            mark = {.acked = rings_[i].oldest_seq() - 1, .epoch = rings_[i].epoch()};
        }
        rings_[i].reserve_seq(mark.acked);
        reader.next[i] = {.seq = mark.acked};
        reader.seen[i] = mark.acked;
    }
}

void Spool::rewind(DestinationId id) {
    assert(id < readers_.size());
    start_reader(readers_[id]);
}

void Spool::acknowledge(DestinationId id, SpoolClass kind, std::uint64_t seq) {
    assert(id < readers_.size());
    if (readers_[id].reset) return;
    SpoolMark& mark = readers_[id].cursor.mark(kind);
    if (seq > mark.acked) mark.acked = seq;
}

void Spool::store_cursor(DestinationId id) {
    assert(id < readers_.size());
    const auto stored = readers_[id].cursor.store(files_);
    if (stored) return;
    ++disk_errors_;
    last_error_ = stored.error().text.view();
}

std::uint64_t Spool::acknowledge_to_end(DestinationId id) {
    assert(id < readers_.size());
    Reader& reader = readers_[id];
    if (reader.reset) return 0;
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < kSpoolClasses; ++i) {
        // What was added since, while a request was in flight, is still to be read.
        if (reader.end[i] <= reader.seen[i]) continue;
        lost += reader.end[i] - reader.seen[i];
        reader.seen[i] = reader.end[i];
        reader.next[i].seq = std::max(reader.next[i].seq, reader.end[i]);
        acknowledge(id, rings_[i].kind(), reader.end[i]);
    }
    return lost;
}

std::uint64_t Spool::queued(DestinationId id) const {
    assert(id < readers_.size());
    std::uint64_t count = 0;
    for (const SpoolRing& ring : rings_) {
        count += difference(ring.newest_seq(), readers_[id].cursor.mark(ring.kind()).acked);
    }
    return count;
}

// ---- Writing
// -------------------------------------------------------------------------------------

void Spool::add(SpoolClass kind, std::string_view payload) {
    std::string packed;
    const std::uint8_t packing = codec_.pack(payload, packed);
    if (payload.size() > kSpoolPayloadMax || packed.size() > kSpoolPayloadMax) {
        ++refused_;
        return;
    }
    ++records_;
    ring(kind).add(packing, packed);
}

bool Spool::commit(Instant now) {
    if (degraded_ && now >= next_disk_try_) {
        for (Reader& reader : readers_) {
            if (!reader.cursor.known()) (void)reader.cursor.load(files_);
        }
        const auto opened = open_rings();
        degraded_ = !opened;
        if (!opened) degrade(opened.error(), now + kDiskRetry);
        for (Reader& reader : readers_) {
            start_reader(reader);
            reader.reset = true;
        }
    }
    if (!degraded_) {
        const auto committed = commit_rings();
        if (!committed) degrade(committed.error(), now + kDiskRetry);
    }
    if (degraded_) {
        for (SpoolRing& ring : rings_) ring.move_pending_to_memory();
    }
    return !degraded_;
}

Status Spool::commit_rings() {
    for (SpoolRing& ring : rings_) {
        if (!ring.has_pending() && !ring.has_memory()) continue;
        const auto committed = ring.commit(files_);
        if (!committed) return committed;
    }
    return Ok{};
}

void Spool::degrade(const Error& error, Instant next_try) {
    degraded_ = true;
    next_disk_try_ = next_try;
    ++disk_errors_;
    last_error_ = error.text.view();
}

Instant Spool::next_due() const {
    return degraded_ ? next_disk_try_ : kNever;
}

// ---- Reading
// -------------------------------------------------------------------------------------

bool Spool::read(DestinationId id, SpoolRecord& out) {
    assert(id < readers_.size());
    Reader& reader = readers_[id];
    reader.reset = false;
    for (std::size_t i = 0; i < kSpoolClasses; ++i) {
        if (read_class(reader, i, out)) return true;
    }
    for (std::size_t i = 0; i < kSpoolClasses; ++i) reader.end[i] = rings_[i].newest_seq();
    return false;
}

bool Spool::read_class(Reader& reader, std::size_t index, SpoolRecord& out) {
    RingRecord record;
    while (rings_[index].read(files_, reader.next[index], record)) {
        const auto unpacked = codec_.unpack(record.packing, record.payload, out.payload);
        if (!unpacked) {
            ++undecodable_;  // its number is missing from now on: the next record tells of it
            last_error_ = unpacked.error().text.view();
            continue;
        }
        out.kind = rings_[index].kind();
        out.seq = record.seq;
        out.lost_before = record.seq - reader.seen[index] - 1;
        reader.seen[index] = record.seq;
        return true;
    }
    return false;
}

SpoolStatus Spool::status() const {
    SpoolStatus status{.degraded = degraded_,
                       .last_error = last_error_,
                       .records = records_,
                       .damaged = undecodable_,
                       .disk_errors = disk_errors_,
                       .refused = refused_};
    for (const SpoolRing& ring : rings_) {
        status.bytes += ring.bytes();
        status.memory_records += ring.memory_records();
        status.memory_dropped += ring.memory_dropped();
        status.damaged += ring.damaged();
    }
    return status;
}

}  // namespace homeostat
