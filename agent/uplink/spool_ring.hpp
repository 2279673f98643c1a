// SpoolRing is one class of the spool: a ring of segment files, and a small ring in memory.
//
//      critical-000   [rec 91][rec 92][rec 93]......     segment 7, the newest: written to here
//      critical-001   [rec 60][rec 61]...[rec 75]        segment 5
//      critical-002   [rec 76][rec 77]...[rec 90]        segment 6
//                                                        next: critical-001 becomes segment 8
//
// The ring moves on to the file with the lowest segment number, which drops its records: the
// oldest of this class. Nothing but the records is stored; where to go on writing is found at
// start by reading them (agent/uplink/spool_format.hpp draws one).
//
// A group of records is first pending, then either committed to the disk or moved to memory. Both
// are read in order of their numbers. A segment whose write or sync failed takes nothing more: the
// group goes to the next one, so nothing is ever synced a second time on one descriptor.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "agent/uplink/spool_class.hpp"
#include "agent/uplink/spool_files.hpp"
#include "agent/uplink/spool_format.hpp"
#include "core/result.hpp"

namespace homeostat {

// Where a reader is: behind record `seq`, at an offset of a segment.
struct RingPosition {
    std::uint64_t seq = 0;
    std::uint32_t segment = 0;  // 0: not placed yet
    std::uint32_t offset = 0;
};

struct RingRecord {
    std::uint64_t seq = 0;
    std::uint8_t packing = 0;
    std::string payload;
};

class SpoolRing {
public:
    // REQUIRES: segments >= 2; segment_bytes holds at least two of the largest records.
    SpoolRing(SpoolClass kind, std::uint32_t segment_bytes, std::uint16_t segments,
              std::uint32_t memory_bytes);

    // Opens all files and finds out what is in those that it does not know yet; called again after
    // trouble. An error means that the disk does not take writes; what could be read is known all
    // the same. `epoch` names the ring if no record says what it is called. New records are
    // numbered behind all that is there and all that is marked as acknowledged.
    Status open(SpoolFiles& files, std::uint32_t epoch, std::span<const SpoolMark> marks = {});

    // Numbers up to this one are taken: some destination has acknowledged them.
    void reserve_seq(std::uint64_t seq);

    // REQUIRES: payload.size() <= kSpoolPayloadMax.
    void add(std::uint8_t packing, std::string_view payload);

    // Writes what is in memory and what is pending, and syncs it. On an error, what is not safe is
    // in memory afterwards.
    Status commit(SpoolFiles& files);

    // Gives up on the disk for what is pending. The oldest in memory give way when it is full.
    void move_pending_to_memory();

    // The next record behind `position`, which moves on; nothing at the end. Damaged places are
    // counted and passed over, once for each reader that meets them.
    bool read(SpoolFiles& files, RingPosition& position, RingRecord& out);

    [[nodiscard]] SpoolClass kind() const { return kind_; }
    [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
    // Numbers of the oldest record that is kept and of the newest that can be read; newest + 1 and
    // newest when there is none.
    [[nodiscard]] std::uint64_t oldest_seq() const;
    [[nodiscard]] std::uint64_t newest_seq() const { return newest_seq_; }
    [[nodiscard]] bool has_pending() const { return !pending_.empty(); }
    [[nodiscard]] bool has_memory() const { return !memory_.empty(); }
    [[nodiscard]] std::size_t memory_records() const { return memory_.size(); }
    [[nodiscard]] std::uint64_t memory_dropped() const { return memory_dropped_; }
    [[nodiscard]] std::uint64_t damaged() const { return damaged_; }
    [[nodiscard]] std::uint64_t bytes() const {
        return std::uint64_t{segment_bytes_} * segments_.size();
    }

private:
    struct Segment {
        std::string file;
        std::uint32_t number = 0;  // 0: never used by this ring
        std::uint32_t end = 0;     // behind the last record that counts
        std::uint64_t first_seq = 0;
        std::uint64_t last_seq = 0;
        bool open = false;
        bool known = false;  // its content has been looked at since it could be opened
    };
    struct Found {
        SpoolHeader header;
        std::uint32_t offset = 0;
        std::string payload;
    };
    // Which records count when a segment is searched. Zero: any.
    struct Filter {
        std::uint32_t epoch = 0;
        std::uint32_t segment = 0;

        [[nodiscard]] bool takes(const SpoolHeader& header) const {
            return (epoch == 0 || epoch == header.epoch) &&
                   (segment == 0 || segment == header.segment);
        }
    };

    bool find_record(SpoolFiles& files, const Segment& segment, std::uint32_t offset,
                     std::uint32_t end, Filter filter, Found& out);
    bool read_payload(SpoolFiles& files, const Segment& segment, Found& found) const;
    std::uint32_t epoch_on_disk(SpoolFiles& files);
    void number_from(std::uint64_t seq);
    void survey(SpoolFiles& files, Segment& segment);
    [[nodiscard]] const Segment* segment_numbered(std::uint32_t number) const;
    [[nodiscard]] const Segment* segment_holding(std::uint64_t seq) const;
    [[nodiscard]] const Segment* segment_after(std::uint32_t number) const;
    Segment* writing_segment();
    Result<Segment*> move_on(SpoolFiles& files);
    std::size_t encode_group(const std::deque<RingRecord>& group, const Segment& segment,
                             std::string& bytes) const;
    Status write_group(SpoolFiles& files, std::deque<RingRecord>& group);
    void trim_memory();
    bool read_memory(RingPosition& position, RingRecord& out) const;

    SpoolClass kind_;
    std::uint32_t segment_bytes_;
    std::size_t memory_bytes_max_;
    std::vector<Segment> segments_;
    std::uint32_t epoch_ = 0;
    std::uint32_t newest_segment_ = 0;  // the highest number that was ever given out
    std::uint64_t next_seq_ = 1;
    std::uint64_t newest_seq_ = 0;
    std::deque<RingRecord> pending_;
    std::deque<RingRecord> memory_;
    std::size_t memory_bytes_ = 0;
    std::uint64_t memory_dropped_ = 0;
    std::uint64_t damaged_ = 0;
};

}  // namespace homeostat
