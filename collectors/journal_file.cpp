#include "collectors/journal_file.hpp"

#include <algorithm>
#include <optional>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kHeaderBytes = 208;  // of the oldest version
constexpr std::size_t kObjectHeaderBytes = 16;
constexpr std::size_t kEntryHeaderBytes = 64;
constexpr std::size_t kDataHeaderBytes = 64;
constexpr std::size_t kDataHeaderCompactBytes = 72;
constexpr std::uint64_t kEntryBytesMax = 64 * 1024;  // 16 bytes for each field: some thousand

constexpr std::uint64_t kHeaderBytesMax = 64 * 1024;
constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 48U;  // so that offsets cannot wrap

constexpr std::uint32_t kCompact = 1U << 4U;
// XZ, LZ4, keyed hash, ZSTD, compact.
constexpr std::uint32_t kKnownFlags = 0x1FU;
constexpr std::uint8_t kStateArchived = 2;
constexpr std::uint8_t kTypeData = 1;
constexpr std::uint8_t kTypeEntry = 3;
constexpr std::uint8_t kCompressed = 7;  // by any of the three
constexpr std::uint8_t kCompressedByZstd = 4;

enum Field : std::uint8_t {
    kOther = 1,
    kMessage,
    kPriority,
    kTransport,
    kPid,
    kUid,
    kUnit,
    kIdentifier,
    kMessageId,
    kAboutUnit,
    kUnitResult,
};

struct FieldName {
    std::string_view name;
    Field field;
};

constexpr std::array kFields{
    FieldName{"MESSAGE", kMessage},
    FieldName{"PRIORITY", kPriority},
    FieldName{"_TRANSPORT", kTransport},
    FieldName{"_PID", kPid},
    FieldName{"_UID", kUid},
    FieldName{"_SYSTEMD_UNIT", kUnit},
    FieldName{"MESSAGE_ID", kMessageId},
    FieldName{"SYSLOG_IDENTIFIER", kIdentifier},
    FieldName{"UNIT", kAboutUnit},
    FieldName{"UNIT_RESULT", kUnitResult},
};

Field field_of(std::string_view name) {
    for (const FieldName& row : kFields) {
        if (row.name == name) return row.field;
    }
    return kOther;
}

// REQUIRES: offset + bytes <= text.size().
std::uint64_t little_endian(std::string_view text, std::size_t offset, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i > 0; --i) {
        value = (value << 8U) | static_cast<unsigned char>(text[offset + i - 1]);
    }
    return value;
}

std::uint64_t u64_at(std::string_view text, std::size_t offset) {
    return little_endian(text, offset, 8);
}

constexpr std::uint64_t align8(std::uint64_t size) {
    return (size + 7U) & ~std::uint64_t{7};
}

void store(JournalEntry& entry, std::uint8_t field, std::string_view value) {
    switch (field) {
        case kMessage: entry.message = value; break;
        case kPriority: {
            const auto priority = parse_u64(value);
            if (priority && *priority <= 7) entry.priority = static_cast<int>(*priority);
            break;
        }
        case kTransport: entry.from_kernel = value == "kernel"; break;
        case kPid: entry.pid = parse_i64(value).value_or(-1); break;
        case kUid: entry.uid = parse_i64(value).value_or(-1); break;
        case kUnit: entry.unit = value; break;
        case kIdentifier: entry.identifier = value; break;
        case kMessageId: entry.message_id = value; break;
        case kAboutUnit: entry.about_unit = value; break;
        case kUnitResult: entry.unit_result = value; break;
        default: break;
    }
}

Error damaged(std::uint64_t offset, std::string_view what) {
    return make_error(Errc::Parse, "journal: {} at offset {}", what, offset);
}

}  // namespace

Status JournalFile::open(ReadAt read, From from) {
    remembered_.fill({});
    window_size_ = 0;
    seen_ = 0;
    next_ = 0;
    if (const Status header = read_header(read); !header) return header;
    next_ = header_bytes_;
    if (from == From::Start || entries_ == 0) return Ok{};
    std::array<char, kObjectHeaderBytes> buffer;
    const auto object = read(tail_, buffer);
    if (!object) return object.error();
    if (object->size() < kObjectHeaderBytes) return damaged(tail_, "no last object");
    next_ = tail_ + align8(u64_at(*object, 8));
    seen_ = entries_;
    return Ok{};
}

Status JournalFile::read_header(ReadAt read) {
    std::array<char, kHeaderBytes> buffer;
    const auto text = read(0, buffer);
    if (!text) return text.error();
    if (text->size() < kHeaderBytes || !text->starts_with("LPKSHHRH")) {
        return make_error(Errc::Parse, "journal: not a journal file");
    }
    const auto flags = static_cast<std::uint32_t>(little_endian(*text, 12, 4));
    if ((flags & ~kKnownFlags) != 0) {
        return make_error(Errc::NotAvailable, "journal: features {:#x} are not known here", flags);
    }
    compact_ = (flags & kCompact) != 0;
    archived_ = (*text)[16] == kStateArchived;
    header_bytes_ = align8(u64_at(*text, 88));
    tail_ = u64_at(*text, 136);
    entries_ = u64_at(*text, 152);
    first_unix_us_ = static_cast<std::int64_t>(u64_at(*text, 184));
    if (header_bytes_ < kHeaderBytes || header_bytes_ > kHeaderBytesMax || tail_ % 8 != 0 ||
        tail_ > kFileBytesMax) {
        return damaged(0, "impossible header");
    }
    return Ok{};
}

Result<bool> JournalFile::next(ReadAt read, JournalEntry& entry) {
    if (seen_ >= entries_) {
        if (const Status header = read_header(read); !header) return header.error();
        if (seen_ >= entries_) return false;
        window_size_ = 0;  // what was behind the tail is written now
    }
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    const auto found = find_entry(read, offset, size);
    if (!found || !*found) return found;
    if (const Status status = read_entry(read, offset, size, entry); !status) {
        return status.error();
    }
    next_ = offset + align8(size);
    ++seen_;
    return true;
}

// Walks on to the next ENTRY object.
Result<bool> JournalFile::find_entry(ReadAt read, std::uint64_t& offset, std::uint64_t& size) {
    for (offset = next_; offset <= tail_; offset += align8(size)) {
        const bool inside = offset >= window_offset_ &&
                            offset + kObjectHeaderBytes <= window_offset_ + window_size_;
        if (!inside) {
            const auto piece = read(offset, window_);
            if (!piece) return piece.error();
            window_offset_ = offset;
            window_size_ = piece->size();
            if (window_size_ < kObjectHeaderBytes) return damaged(offset, "file ends");
        }
        const std::string_view object(window_.data() + (offset - window_offset_),
                                      kObjectHeaderBytes);
        size = u64_at(object, 8);
        if (size < kObjectHeaderBytes || size > kFileBytesMax) {
            return damaged(offset, "object of impossible size");
        }
        if (object[0] == kTypeEntry) return true;
    }
    return false;
}

Status JournalFile::read_entry(ReadAt read, std::uint64_t offset, std::uint64_t size,
                               JournalEntry& entry) {
    if (size < kEntryHeaderBytes || size > kEntryBytesMax) {
        return damaged(offset, "entry of impossible size");
    }
    entry = JournalEntry{};
    const std::size_t item_bytes = compact_ ? 4 : 16;
    std::array<char, 4096> buffer;
    static_assert((4096 - kEntryHeaderBytes) % 16 == 0);
    std::uint64_t at = offset;
    const std::uint64_t end = offset + size;
    std::size_t skip = kEntryHeaderBytes;
    while (at < end) {
        const std::size_t want =
            static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - at));
        const auto text = read(at, std::span(buffer).first(want));
        if (!text) return text.error();
        if (text->size() < want) return damaged(offset, "entry cut");
        if (skip != 0) {
            entry.sequence = u64_at(*text, 16);
            entry.unix_us = static_cast<std::int64_t>(u64_at(*text, 24));
        }
        for (std::size_t i = skip; i + item_bytes <= want; i += item_bytes) {
            const std::uint64_t item = little_endian(*text, i, compact_ ? 4 : 8);
            if (item == 0) continue;
            if (const Status status = read_data(read, item, entry); !status) return status;
        }
        skip = 0;
        at += want;
    }
    entry.message_compressed = entry.message_compressed && entry.message.empty();
    return Ok{};
}

Status JournalFile::read_data(ReadAt read, std::uint64_t offset, JournalEntry& entry) {
    Remembered& known = remembered_[(offset >> 3U) % remembered_.size()];
    if (known.offset == offset) {
        store(entry, known.field, known.value);
        return Ok{};
    }
    std::array<char, kDataHeaderCompactBytes + 520> buffer;  // "MESSAGE=" and 511 bytes
    const auto text = read(offset, buffer);
    if (!text) return text.error();
    const std::size_t head = compact_ ? kDataHeaderCompactBytes : kDataHeaderBytes;
    if (text->size() < head || (*text)[0] != kTypeData) return damaged(offset, "no field here");
    const std::uint64_t size = u64_at(*text, 8);
    if (size < head) return damaged(offset, "field of impossible size");
    auto payload = text->substr(head, std::min<std::uint64_t>(size - head, 520));
    const auto packed =
        static_cast<std::uint8_t>(static_cast<unsigned char>((*text)[1]) & kCompressed);
    if (packed == kCompressedByZstd) {
        const Status unpacked = read_packed(read, offset + head, size - head, payload);
        if (!unpacked) return unpacked;
    }
    if (packed != 0 && (packed != kCompressedByZstd || payload.empty())) {
        // Only long values are compressed, and of ours only the message can be long.
        entry.message_compressed = true;
        return Ok{};
    }
    const auto equals = payload.find('=');
    if (equals == std::string_view::npos) return damaged(offset, "field without a name");
    const Field field = field_of(payload.substr(0, equals));
    const auto value = payload.substr(equals + 1);
    store(entry, field, value);
    if (field == kMessage || (field != kOther && value.size() > known.value.capacity())) {
        return Ok{};
    }
    known.offset = offset;
    known.field = field;
    known.value = field == kOther ? std::string_view{} : value;
    return Ok{};
}

// Empty: it is more than we unpack.
Status JournalFile::read_packed(ReadAt read, std::uint64_t offset, std::uint64_t size,
                                std::string_view& payload) {
    payload = {};
    if (size > FieldUnpacker::kPackedMax) return Ok{};
    const auto text = read(offset, unpacker_.packed().first(static_cast<std::size_t>(size)));
    if (!text) return text.error();
    if (text->size() < size) return damaged(offset, "field cut");
    payload = unpacker_.unpack(*text);
    return Ok{};
}

}  // namespace homeostat
