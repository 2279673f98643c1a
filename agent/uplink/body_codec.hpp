// Compression of request bodies: gzip (RFC 1952) or zstd (RFC 8878).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "agent/uplink/settings.hpp"
#include "core/result.hpp"

namespace homeostat {

// The Content-Encoding of it; empty for none.
std::string_view content_encoding(Compression compression);

// Of the pieces one after the other; gzip needs no room for the whole. Errc::Failed when the
// library refuses (memory).
Result<std::string> compress_body(Compression compression,
                                  std::span<const std::string_view> pieces);

inline Result<std::string> compress_body(Compression compression, std::string_view body) {
    return compress_body(compression, std::span(&body, 1));
}

}  // namespace homeostat
