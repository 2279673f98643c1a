// When a certificate ends, read from its text: PEM or DER, without a cryptographic library.
//
// Only the way to one field is walked: Certificate -> TBSCertificate -> validity -> notAfter. No
// signature is checked, nothing is trusted and nothing allocated. Sources: RFC 5280 section 4.1
// (the structure and its two forms of time), RFC 7468 (PEM), X.690 (DER).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

// The earliest end of all certificates in a PEM file, or of the one in a DER file, in seconds since
// 1970. A chain is of no more use than its first certificate to end. Errc::Parse when there is no
// certificate, or one that cannot be read.
Result<std::int64_t> certificate_end(std::string_view file);

// The end of one certificate in DER. `der` may be cut after the validity.
Result<std::int64_t> certificate_end_der(std::span<const std::uint8_t> der);

}  // namespace homeostat
