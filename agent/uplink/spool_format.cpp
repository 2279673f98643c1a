#include "agent/uplink/spool_format.hpp"

#include <cassert>
#include <concepts>

#include "agent/uplink/crc32c.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kCheckedFrom = 8;  // magic and header_crc itself are not in the sum

template <std::unsigned_integral T>
void append_integer(T value, std::string& out) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out.push_back(static_cast<char>((value >> (8 * i)) & 0xFFU));
    }
}

template <std::unsigned_integral T>
T integer_at(std::string_view bytes, std::size_t at) {
    assert(at + sizeof(T) <= bytes.size());
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    }
    return static_cast<T>(value);
}

}  // namespace

void append_u16(std::uint16_t value, std::string& out) {
    append_integer(value, out);
}
void append_u32(std::uint32_t value, std::string& out) {
    append_integer(value, out);
}
void append_u64(std::uint64_t value, std::string& out) {
    append_integer(value, out);
}

std::uint16_t u16_at(std::string_view bytes, std::size_t at) {
    return integer_at<std::uint16_t>(bytes, at);
}
std::uint32_t u32_at(std::string_view bytes, std::size_t at) {
    return integer_at<std::uint32_t>(bytes, at);
}
std::uint64_t u64_at(std::string_view bytes, std::size_t at) {
    return integer_at<std::uint64_t>(bytes, at);
}

void append_spool_record(SpoolHeader header, std::string_view payload, std::string& out) {
    assert(payload.size() <= kSpoolPayloadMax);
    std::string checked;
    append_u64(header.seq, checked);
    append_u32(header.epoch, checked);
    append_u32(header.segment, checked);
    append_u32(crc32c(payload), checked);
    append_u16(static_cast<std::uint16_t>(payload.size()), checked);
    checked.push_back(static_cast<char>(header.packing));
    checked.push_back(static_cast<char>(header.kind));

    const std::size_t begin = out.size();
    append_u32(kSpoolMagic, out);
    append_u32(crc32c(checked), out);
    out.append(checked);
    out.append(payload);
    out.resize(begin + spool_record_bytes(payload.size()), '\0');
}

std::optional<SpoolHeader> read_spool_header(std::string_view bytes) {
    if (bytes.size() < kSpoolHeaderBytes || u32_at(bytes, 0) != kSpoolMagic) return std::nullopt;
    const auto checked = bytes.substr(kCheckedFrom, kSpoolHeaderBytes - kCheckedFrom);
    if (crc32c(checked) != u32_at(bytes, 4)) return std::nullopt;
    const SpoolHeader header{.seq = u64_at(bytes, 8),
                             .epoch = u32_at(bytes, 16),
                             .segment = u32_at(bytes, 20),
                             .payload_crc = u32_at(bytes, 24),
                             .size = u16_at(bytes, 28),
                             .packing = static_cast<std::uint8_t>(bytes[30]),
                             .kind = static_cast<SpoolClass>(bytes[31])};
    const bool sane = header.seq != 0 && header.seq <= kSpoolSeqMax && header.segment != 0 &&
                      header.segment <= kSpoolSegmentMax && header.size <= kSpoolPayloadMax &&
                      static_cast<std::size_t>(header.kind) < kSpoolClasses;
    if (!sane) return std::nullopt;
    return header;
}

}  // namespace homeostat
