// SHA-256 as lower-case hexadecimal: what chains the audit log and seals the ledger.
//
// Source: FIPS 180-4, by libmd: OpenSSL's would be a third of the root actuator for this one
// function (docs/decisions/0007).
#pragma once

#include <string_view>

#include "core/fixed_string.hpp"

namespace homeostat {

inline constexpr std::size_t kSha256HexSize = 64;
using Sha256Hex = FixedString<kSha256HexSize>;

// The digest of `first` followed by `second`.
Sha256Hex sha256_hex(std::string_view first, std::string_view second = {});

}  // namespace homeostat
