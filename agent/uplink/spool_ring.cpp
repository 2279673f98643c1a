#include "agent/uplink/spool_ring.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <map>

#include "agent/uplink/crc32c.hpp"

namespace homeostat {
namespace {

// Headers are looked for in windows of this size: a page, so that passing over damage is cheap.
constexpr std::size_t kWindowBytes = 4096;
// What a record costs in memory besides its payload.
constexpr std::size_t kMemoryRecordBytes = 64;
// A group may fail on one segment, and go to the next; then the disk is given up for now.
constexpr int kTriesMax = 2;

std::size_t memory_cost(const RingRecord& record) {
    return record.payload.size() + kMemoryRecordBytes;
}

}  // namespace

SpoolRing::SpoolRing(SpoolClass kind, std::uint32_t segment_bytes, std::uint16_t segments,
                     std::uint32_t memory_bytes)
    : kind_(kind), segment_bytes_(segment_bytes), memory_bytes_max_(memory_bytes) {
    assert(segments >= 2 && segment_bytes >= 2 * spool_record_bytes(kSpoolPayloadMax));
    segments_.resize(segments);
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        segments_[i].file = fmt::format("{}-{:03}", name_of(kind), i);
    }
}

// ---- Finding out what is there
// -------------------------------------------------------------------

Status SpoolRing::open(SpoolFiles& files, std::uint32_t epoch, std::span<const SpoolMark> marks) {
    Status result = Ok{};
    for (Segment& segment : segments_) {
        const auto opened = files.open(segment.file, segment_bytes_);
        segment.open = opened.has_value();
        if (!opened && result) result = opened;
    }
    const bool was_readable = std::any_of(segments_.begin(), segments_.end(),
                                          [](const Segment& segment) { return segment.known; });
    const std::uint32_t found = was_readable ? epoch_ : epoch_on_disk(files);
    const bool renamed = found != 0 && found != epoch_;
    if (renamed) epoch_ = found;
    if (epoch_ == 0) epoch_ = epoch | 1U;  // zero means "any" to a filter

    std::uint64_t newest = 0;
    for (Segment& segment : segments_) {
        // Looking again could only take an unfinished turn of the ring for a finished one.
        if (!segment.known) survey(files, segment);
        segment.known = segment.open;
        newest = std::max(newest, segment.last_seq);
        newest_segment_ = std::max(newest_segment_, segment.number);
    }
    if (memory_.empty()) newest_seq_ = std::max(newest_seq_, newest);
    for (const SpoolMark& mark : marks) {
        if (mark.epoch == epoch_) newest = std::max(newest, mark.acked);
    }
    if (renamed) number_from(newest + 1);
    next_seq_ = std::max(next_seq_, newest + 1);
    return result;
}

// What was taken in before the ring could be read is numbered behind its records.
void SpoolRing::number_from(std::uint64_t seq) {
    next_seq_ = seq;
    for (RingRecord& record : memory_) newest_seq_ = record.seq = next_seq_++;
    for (RingRecord& record : pending_) record.seq = next_seq_++;
}

// The epoch that most files begin with: one alien file does not make the others alien.
std::uint32_t SpoolRing::epoch_on_disk(SpoolFiles& files) {
    std::map<std::uint32_t, std::size_t> votes;
    const std::uint64_t damaged = damaged_;
    for (const Segment& segment : segments_) {
        Found found;
        if (find_record(files, segment, 0, segment_bytes_, {}, found)) ++votes[found.header.epoch];
    }
    damaged_ = damaged;  // survey() counts, and once is enough
    const auto most =
        std::max_element(votes.begin(), votes.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == votes.end() ? 0 : most->first;
}

void SpoolRing::survey(SpoolFiles& files, Segment& segment) {
    segment.number = 0;
    segment.end = 0;
    segment.first_seq = 0;
    segment.last_seq = 0;
    Found found;
    std::uint32_t offset = 0;
    while (find_record(files, segment, offset, segment_bytes_, {.epoch = epoch_}, found)) {
        offset = found.offset + static_cast<std::uint32_t>(spool_record_bytes(found.header.size));
        if (found.header.segment < segment.number) continue;  // from the ring's last turn
        if (found.header.segment > segment.number) {
            segment.number = found.header.segment;
            segment.first_seq = found.header.seq;
            segment.last_seq = found.header.seq;
        }
        // A misdirected write may have left a record twice: the highest number counts, wherever.
        segment.first_seq = std::min(segment.first_seq, found.header.seq);
        segment.last_seq = std::max(segment.last_seq, found.header.seq);
        segment.end = offset;
    }
}

bool SpoolRing::find_record(SpoolFiles& files, const Segment& segment, std::uint32_t offset,
                            std::uint32_t end, Filter filter, Found& out) {
    std::array<char, kWindowBytes> window{};
    for (std::uint32_t at = offset; at + kSpoolHeaderBytes <= end;) {
        const std::size_t wanted = std::min<std::size_t>(window.size(), end - at);
        const auto count = files.read(segment.file, at, std::span(window.data(), wanted));
        if (!count) {
            at += static_cast<std::uint32_t>(kWindowBytes);  // an unreadable page is damage too
            continue;
        }
        if (*count < kSpoolHeaderBytes) return false;
        std::size_t step = 0;
        bool passed_over = false;
        for (; !passed_over && step + kSpoolHeaderBytes <= *count; step += kSpoolAlignment) {
            const auto header = read_spool_header({window.data() + step, *count - step});
            if (!header || header->kind != kind_ || !filter.takes(*header)) continue;
            out.header = *header;
            out.offset = at + static_cast<std::uint32_t>(step);
            if (out.offset + spool_record_bytes(header->size) > end) continue;
            if (read_payload(files, segment, out)) {
                if (out.offset != offset) ++damaged_;
                return true;
            }
            at = out.offset + static_cast<std::uint32_t>(spool_record_bytes(header->size));
            passed_over = true;
        }
        if (!passed_over) at += static_cast<std::uint32_t>(step);
    }
    return false;
}

bool SpoolRing::read_payload(SpoolFiles& files, const Segment& segment, Found& found) const {
    found.payload.resize(found.header.size);
    const auto count = files.read(segment.file, found.offset + kSpoolHeaderBytes,
                                  std::span(found.payload.data(), found.payload.size()));
    return count && *count == found.payload.size() &&
           crc32c(found.payload) == found.header.payload_crc;
}

void SpoolRing::reserve_seq(std::uint64_t seq) {
    if (!pending_.empty() || !memory_.empty()) return;  // their numbers are given out already
    next_seq_ = std::max(next_seq_, seq + 1);
}

std::uint64_t SpoolRing::oldest_seq() const {
    std::uint64_t oldest = next_seq_;
    for (const Segment& segment : segments_) {
        if (segment.number != 0) oldest = std::min(oldest, segment.first_seq);
    }
    if (!memory_.empty()) oldest = std::min(oldest, memory_.front().seq);
    if (!pending_.empty()) oldest = std::min(oldest, pending_.front().seq);
    return oldest;
}

// ---- Writing
// -------------------------------------------------------------------------------------

void SpoolRing::add(std::uint8_t packing, std::string_view payload) {
    assert(payload.size() <= kSpoolPayloadMax);
    pending_.push_back({.seq = next_seq_++, .packing = packing, .payload = std::string(payload)});
}

Status SpoolRing::commit(SpoolFiles& files) {
    std::deque<RingRecord> group = std::move(memory_);
    memory_.clear();
    memory_bytes_ = 0;
    for (RingRecord& record : pending_) group.push_back(std::move(record));
    pending_.clear();
    const auto written = write_group(files, group);
    pending_ = std::move(group);
    if (!written) move_pending_to_memory();
    return written;
}

// Takes from the front of `group` what is safe.
Status SpoolRing::write_group(SpoolFiles& files, std::deque<RingRecord>& group) {
    Segment* segment = writing_segment();
    int tries = 0;
    std::string bytes;
    while (!group.empty()) {
        Segment before;
        std::size_t count = segment == nullptr ? 0 : encode_group(group, *segment, bytes);
        const bool moves_on = count == 0;
        if (moves_on) {
            const auto next = move_on(files);
            if (!next) return next.error();
            segment = *next;
            before = *segment;
            *segment = {
                .file = before.file, .number = ++newest_segment_, .open = true, .known = true};
            count = encode_group(group, *segment, bytes);
        }
        auto written = files.write(segment->file, segment->end, bytes);
        if (written) written = files.sync(segment->file);
        if (!written) {
            // Still the oldest of the ring, should the disk go on failing: what is left of its
            // records can be shipped.
            if (moves_on) *segment = before;
            segment->open = false;  // its descriptor is used no more
            segment = nullptr;
            if (++tries == kTriesMax) return written;
            continue;
        }
        if (segment->first_seq == 0) segment->first_seq = group.front().seq;
        segment->last_seq = group[count - 1].seq;
        segment->end += static_cast<std::uint32_t>(bytes.size());
        newest_seq_ = segment->last_seq;
        group.erase(group.begin(), group.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return Ok{};
}

// As many of the group as fit behind the segment's end.
std::size_t SpoolRing::encode_group(const std::deque<RingRecord>& group, const Segment& segment,
                                    std::string& bytes) const {
    bytes.clear();
    std::size_t count = 0;
    for (const RingRecord& record : group) {
        const std::size_t size = spool_record_bytes(record.payload.size());
        if (segment.end + bytes.size() + size > segment_bytes_) break;
        append_spool_record({.seq = record.seq,
                             .epoch = epoch_,
                             .segment = segment.number,
                             .packing = record.packing,
                             .kind = kind_},
                            record.payload, bytes);
        ++count;
    }
    return count;
}

SpoolRing::Segment* SpoolRing::writing_segment() {
    for (Segment& segment : segments_) {
        if (segment.number == newest_segment_ && segment.number != 0 && segment.open) {
            return &segment;
        }
    }
    return nullptr;
}

// The file that the ring takes next: the one with the oldest records, ready to be written.
Result<SpoolRing::Segment*> SpoolRing::move_on(SpoolFiles& files) {
    Segment& oldest =
        *std::min_element(segments_.begin(), segments_.end(),
                          [](const Segment& a, const Segment& b) { return a.number < b.number; });
    if (!oldest.open) {
        const auto opened = files.open(oldest.file, segment_bytes_);
        if (!opened) return opened.error();
        oldest.open = true;
    }
    return &oldest;
}

void SpoolRing::move_pending_to_memory() {
    for (RingRecord& record : pending_) {
        memory_bytes_ += memory_cost(record);
        newest_seq_ = record.seq;
        memory_.push_back(std::move(record));
    }
    pending_.clear();
    trim_memory();
}

void SpoolRing::trim_memory() {
    while (memory_bytes_ > memory_bytes_max_ && !memory_.empty()) {
        memory_bytes_ -= memory_cost(memory_.front());
        memory_.pop_front();
        ++memory_dropped_;
    }
}

// ---- Reading
// -------------------------------------------------------------------------------------

const SpoolRing::Segment* SpoolRing::segment_numbered(std::uint32_t number) const {
    for (const Segment& segment : segments_) {
        if (number != 0 && segment.number == number) return &segment;
    }
    return nullptr;
}

// The oldest segment that has something newer than `seq`.
const SpoolRing::Segment* SpoolRing::segment_holding(std::uint64_t seq) const {
    const Segment* best = nullptr;
    for (const Segment& segment : segments_) {
        if (segment.number == 0 || segment.last_seq <= seq) continue;
        if (best == nullptr || segment.number < best->number) best = &segment;
    }
    return best;
}

const SpoolRing::Segment* SpoolRing::segment_after(std::uint32_t number) const {
    const Segment* best = nullptr;
    for (const Segment& segment : segments_) {
        if (segment.number <= number) continue;
        if (best == nullptr || segment.number < best->number) best = &segment;
    }
    return best;
}

bool SpoolRing::read(SpoolFiles& files, RingPosition& position, RingRecord& out) {
    const Segment* segment = segment_numbered(position.segment);
    if (segment == nullptr) {  // not placed yet, or the ring has come round
        segment = segment_holding(position.seq);
        position.offset = 0;
    }
    Found found;
    while (segment != nullptr) {
        position.segment = segment->number;
        const Filter filter{.epoch = epoch_, .segment = segment->number};
        if (!find_record(files, *segment, position.offset, segment->end, filter, found)) {
            segment = segment_after(segment->number);
            if (segment != nullptr) position.offset = 0;
            continue;
        }
        position.offset =
            found.offset + static_cast<std::uint32_t>(spool_record_bytes(found.header.size));
        if (found.header.seq <= position.seq) continue;  // written twice, or acknowledged
        position.seq = found.header.seq;
        out = {.seq = found.header.seq,
               .packing = found.header.packing,
               .payload = std::move(found.payload)};
        return true;
    }
    return read_memory(position, out);
}

bool SpoolRing::read_memory(RingPosition& position, RingRecord& out) const {
    const auto next = std::upper_bound(
        memory_.begin(), memory_.end(), position.seq,
        [](std::uint64_t seq, const RingRecord& record) { return seq < record.seq; });
    if (next == memory_.end()) return false;
    out = *next;
    position.seq = out.seq;
    return true;
}

}  // namespace homeostat
