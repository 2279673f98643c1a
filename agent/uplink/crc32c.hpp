// CRC-32C, the Castagnoli polynomial (RFC 3720, appendix B.4): finds every burst of up to 32 bits.
#pragma once

#include <cstdint>
#include <string_view>

namespace homeostat {

// Start with `crc` 0; pass a former result to go on where that one ended.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0);

}  // namespace homeostat
