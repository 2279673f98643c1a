#include "agent/uplink/spool_cursor.hpp"

#include <span>

#include "agent/uplink/crc32c.hpp"
#include "agent/uplink/spool_format.hpp"

namespace homeostat {
namespace {

constexpr std::uint32_t kCursorMagic = 0x31435348;  // "HSC1"
constexpr std::size_t kCheckedFrom = 8;
constexpr std::size_t kMarksFrom = 16;
constexpr std::size_t kMarkBytes = 16;

}  // namespace

SpoolCursor::SpoolCursor(std::string_view destination)
    : file_("cursor-" + std::string(destination)) {}

Status SpoolCursor::load(SpoolFiles& files) {
    const auto opened = files.open(file_, 2 * kCursorSlotBytes);
    open_ = opened.has_value();
    const auto read = read_slots(files, marks_);  // also from a disk that cannot be written
    return opened ? read : opened;
}

Status SpoolCursor::read_slots(SpoolFiles& files, Marks& marks) {
    std::array<char, 2 * kCursorSlotBytes> buffer{};
    const auto count = files.read(file_, 0, buffer);
    if (!count) return count.error();
    const std::string_view bytes(buffer.data(), *count);
    for (std::size_t at = 0; at + kCursorSlotBytes <= bytes.size(); at += kCursorSlotBytes) {
        read_slot(bytes.substr(at, kCursorSlotBytes), marks);
    }
    return Ok{};
}

void SpoolCursor::read_slot(std::string_view bytes, Marks& marks) {
    if (u32_at(bytes, 0) != kCursorMagic) return;
    if (crc32c(bytes.substr(kCheckedFrom)) != u32_at(bytes, 4)) return;
    const std::uint64_t generation = u64_at(bytes, kCheckedFrom);
    if (generation <= generation_ || generation > kSpoolSeqMax) return;
    for (std::size_t i = 0; i < kSpoolClasses; ++i) {
        if (u64_at(bytes, kMarksFrom + i * kMarkBytes) > kSpoolSeqMax) return;
    }
    generation_ = generation;
    for (std::size_t i = 0; i < kSpoolClasses; ++i) {
        const std::size_t at = kMarksFrom + i * kMarkBytes;
        marks[i] = {.acked = u64_at(bytes, at), .epoch = u32_at(bytes, at + 8)};
    }
}

std::string SpoolCursor::slot() const {
    std::string checked;
    append_u64(generation_, checked);
    for (const SpoolMark& mark : marks_) {
        append_u64(mark.acked, checked);
        append_u32(mark.epoch, checked);
        append_u32(0, checked);
    }
    checked.resize(kCursorSlotBytes - kCheckedFrom, '\0');
    std::string out;
    append_u32(kCursorMagic, out);
    append_u32(crc32c(checked), out);
    return out + checked;
}

Status SpoolCursor::store(SpoolFiles& files) {
    if (!open_) {
        const auto opened = files.open(file_, 2 * kCursorSlotBytes);
        if (!opened) return opened;
        open_ = true;
        // What this file holds and we never saw must not outrank what we write from now on.
        Marks ignored{};
        const auto read = read_slots(files, ignored);
        if (!read) return read;
    }
    ++generation_;
    auto stored = files.write(file_, (generation_ % 2) * kCursorSlotBytes, slot());
    if (stored) stored = files.sync(file_);
    if (!stored) {
        open_ = false;
        // The next try goes to the same slot: the other one is the last that is known to be good.
        ++generation_;
    }
    return stored;
}

}  // namespace homeostat
