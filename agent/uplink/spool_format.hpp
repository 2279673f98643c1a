// The spool's files, byte by byte. Version 1. Little-endian throughout.
//
// A segment file is a row of records, each at a multiple of 8 bytes. There is no file header: every
// record says by itself where it belongs, so that damage anywhere costs the records it touches and
// no others.
//
//      0   u32  magic        "HSR1"; the digit is the format's version
//      4   u32  header_crc   CRC-32C of bytes 8 to 31: no length is believed before it is checked
//      8   u64  seq          number in its class, from 1, grows by 1
//     16   u32  epoch        random, drawn when the ring was made: another ring's records are alien
//     20   u32  segment      grows by 1 each time the ring moves on to the next file
//     24   u32  payload_crc  CRC-32C of the payload
//     28   u16  size         of the payload, at most kSpoolPayloadMax
//     30   u8   packing      of the payload (agent/uplink/payload_codec.hpp)
//     31   u8   class        SpoolClass
//     32   payload, then zero bytes up to a multiple of 8
//
// What lies behind the newest record is left from the ring's last turn: it carries an older segment
// number, and so is never taken for something new.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/uplink/spool_class.hpp"

namespace homeostat {

inline constexpr std::uint32_t kSpoolMagic = 0x31525348;  // "HSR1"
inline constexpr std::size_t kSpoolHeaderBytes = 32;
inline constexpr std::size_t kSpoolAlignment = 8;
inline constexpr std::size_t kSpoolPayloadMax = 16384;
// No ring gets this far; a header beyond was made up, and counting on from it would wrap around.
inline constexpr std::uint64_t kSpoolSeqMax = std::uint64_t{1} << 62U;
inline constexpr std::uint32_t kSpoolSegmentMax = std::uint32_t{1} << 31U;

struct SpoolHeader {
    std::uint64_t seq = 0;
    std::uint32_t epoch = 0;
    std::uint32_t segment = 0;
    std::uint32_t payload_crc = 0;
    std::uint16_t size = 0;
    std::uint8_t packing = 0;
    SpoolClass kind = SpoolClass::Info;
};

// What a record with this payload takes in the file.
constexpr std::size_t spool_record_bytes(std::size_t payload_size) {
    const std::size_t bytes = kSpoolHeaderBytes + payload_size;
    return (bytes + kSpoolAlignment - 1) / kSpoolAlignment * kSpoolAlignment;
}

// Appends one record. Sets size and payload_crc from the payload, whatever `header` says.
void append_spool_record(SpoolHeader header, std::string_view payload, std::string& out);

// The header at the beginning of `bytes`, if one is there whole and unharmed.
std::optional<SpoolHeader> read_spool_header(std::string_view bytes);

// Little-endian integers, at any address.
void append_u16(std::uint16_t value, std::string& out);
void append_u32(std::uint32_t value, std::string& out);
void append_u64(std::uint64_t value, std::string& out);
// REQUIRES: `at` plus the integer's size is within `bytes`.
std::uint16_t u16_at(std::string_view bytes, std::size_t at);
std::uint32_t u32_at(std::string_view bytes, std::size_t at);
std::uint64_t u64_at(std::string_view bytes, std::size_t at);

}  // namespace homeostat
