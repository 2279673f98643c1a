// Sizes as Prometheus writes them: "10MB", "1GiB", "512". The units are powers of 1024 with or
// without the i, as its configuration has it (github.com/alecthomas/units, Base2Bytes).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

// Bytes. Errc::Parse for other text, Errc::Limit for what does not fit 63 bits. Several parts add
// up
// ("1MB512KB"), as there; fractions are not taken.
Result<std::uint64_t> parse_byte_size(std::string_view text);

}  // namespace homeostat
