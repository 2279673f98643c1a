#include "agent/uplink/crc32c.hpp"

#include <array>
#include <cstddef>

namespace homeostat {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // 0x1EDC6F41, bits reversed
constexpr std::size_t kSlices = 8;

using Tables = std::array<std::array<std::uint32_t, 256>, kSlices>;

// Table k tells what a byte does to the sum k bytes later: eight bytes take one step
// (Kounavis and Berry, "A systematic approach to building high performance software-based CRC
// generators", 2005).
constexpr Tables make_tables() {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) * kPolynomial);
        tables[0][byte] = crc;
    }
    for (std::size_t k = 1; k < kSlices; ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t crc = tables[k - 1][byte];
            tables[k][byte] = (crc >> 8U) ^ tables[0][crc & 0xFFU];
        }
    }
    return tables;
}

constexpr Tables kTables = make_tables();

constexpr std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
    return static_cast<unsigned char>(bytes[i]);
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc) {
    crc = ~crc;
    std::size_t at = 0;
    for (; bytes.size() - at >= kSlices; at += kSlices) {
        std::uint32_t next = 0;
        for (std::size_t i = 0; i < kSlices; ++i) {
            const std::uint32_t old = i < 4 ? (crc >> (8 * i)) & 0xFFU : 0;
            next ^= kTables[kSlices - 1 - i][byte_at(bytes, at + i) ^ old];
        }
        crc = next;
    }
    for (; at < bytes.size(); ++at) {
        crc = (crc >> 8U) ^ kTables[0][(crc ^ byte_at(bytes, at)) & 0xFFU];
    }
    return ~crc;
}

}  // namespace homeostat
