#include "actions/sha256.hpp"

#include <sha256.h>

namespace homeostat {
namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Sha256Hex sha256_hex(std::string_view first, std::string_view second) {
    // None of these can fail (sha2(3) of libmd).
    SHA2_CTX state;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    ::SHA256Init(&state);
    ::SHA256Update(&state, bytes_of(first), first.size());
    ::SHA256Update(&state, bytes_of(second), second.size());
    ::SHA256Final(digest, &state);
    static constexpr std::string_view kDigits = "0123456789abcdef";
    Sha256Hex hex;
    for (const unsigned char byte : digest) {
        const char pair[2] = {kDigits[byte >> 4U], kDigits[byte & 0x0FU]};
        hex.append({pair, 2});
    }
    return hex;
}

}  // namespace homeostat
