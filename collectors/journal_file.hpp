// JournalFile reads new entries of one systemd journal file, in the order they were written.
//
//     header | object | object | object | ... (tail)        all numbers little-endian,
//                                                            objects aligned to 8 bytes
//     ENTRY object: number, times, and the offsets of its DATA objects
//     DATA object:  "FIELD=value", shared by all entries that have the same one
//
// The file grows at its tail, so following it is a walk from object to object; no hash table and no
// index is used. An entry counts once the header counts it: before, journald is still writing it.
// Source: systemd's docs/JOURNAL_FILE_FORMAT.md. Any content is safe: what does not fit is an
// error, and the walk starts anew at the tail.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "collectors/field_unpacker.hpp"
#include "core/fixed_string.hpp"
#include "core/function_ref.hpp"
#include "core/result.hpp"

namespace homeostat {

// The fields of an entry that we look at. Those of journald itself (its name for them begins with
// "_") cannot be forged by who logs; the rest is what the program says of itself.
struct JournalEntry {
    std::int64_t unix_us = 0;
    std::uint64_t sequence = 0;
    int priority = 6;                 // 0 emergency ... 7 debug; 6 when it has none
    bool from_kernel = false;         // _TRANSPORT=kernel
    std::int64_t pid = -1;            // _PID
    std::int64_t uid = -1;            // _UID
    FixedString<127> unit;            // _SYSTEMD_UNIT: the unit it comes from
    FixedString<31> identifier;       // SYSLOG_IDENTIFIER
    FixedString<32> message_id;       // MESSAGE_ID: what kind of message, 32 hex digits
    FixedString<127> about_unit;      // UNIT: the unit that systemd speaks of
    FixedString<31> unit_result;      // UNIT_RESULT
    FixedString<511> message;         // MESSAGE; what is longer is cut
    bool message_compressed = false;  // by XZ or LZ4, or too much: then `message` is empty
};

class JournalFile {
public:
    // Reads up to a buffer full of the file from an offset on; short at its end.
    using ReadAt =
        FunctionRef<Result<std::string_view>(std::uint64_t offset, std::span<char> buffer)>;
    enum class From : std::uint8_t { Start, Tail };

    // `unpacker` is borrowed; several files may share one.
    explicit JournalFile(FieldUnpacker& unpacker) : unpacker_(unpacker) {}

    // Reads the header. Errc::Parse when this is no journal, NotAvailable when its format is newer
    // than we are.
    Status open(ReadAt read, From from);

    // The next entry, or false when there is none yet. An error means that the file is damaged
    // here: open() again, from its tail.
    Result<bool> next(ReadAt read, JournalEntry& entry);

    // When the first entry was written; 0: there is none. After open().
    [[nodiscard]] std::int64_t first_unix_us() const { return first_unix_us_; }
    // Entries that are written and were not read yet. As of the last read of the header.
    [[nodiscard]] std::uint64_t behind() const { return entries_ - seen_; }
    // True once journald writes elsewhere (rotation). As of the last read of the header.
    [[nodiscard]] bool archived() const { return archived_; }

private:
    struct Remembered {
        std::uint64_t offset = 0;
        std::uint8_t field = 0;
        FixedString<79> value;
    };

    Status read_header(ReadAt read);
    Result<bool> find_entry(ReadAt read, std::uint64_t& offset, std::uint64_t& size);
    Status read_entry(ReadAt read, std::uint64_t offset, std::uint64_t size, JournalEntry& entry);
    Status read_data(ReadAt read, std::uint64_t offset, JournalEntry& entry);
    Status read_packed(ReadAt read, std::uint64_t offset, std::uint64_t size,
                       std::string_view& payload);

    bool compact_ = false;
    bool archived_ = false;
    std::uint64_t header_bytes_ = 0;
    std::uint64_t tail_ = 0;     // offset of the last object
    std::uint64_t entries_ = 0;  // in the file, by its header
    std::uint64_t seen_ = 0;     // of them
    std::uint64_t next_ = 0;     // where the walk goes on
    std::int64_t first_unix_us_ = 0;
    // Most fields of most entries are shared: what was read at an offset is not read again.
    std::array<Remembered, 256> remembered_{};
    std::array<char, 16384> window_;  // piece of the file under the walk
    std::uint64_t window_offset_ = 0;
    std::size_t window_size_ = 0;
    FieldUnpacker& unpacker_;
};

}  // namespace homeostat
