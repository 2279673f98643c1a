#include "actions/sha256.hpp"

#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>

namespace homeostat {
namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Sha256Hex sha256_hex(std::string_view first, std::string_view second) {
    // None of these can fail (libsodium's manual).
    crypto_hash_sha256_state state;
    unsigned char digest[crypto_hash_sha256_BYTES];
    ::crypto_hash_sha256_init(&state);
    ::crypto_hash_sha256_update(&state, bytes_of(first), first.size());
    ::crypto_hash_sha256_update(&state, bytes_of(second), second.size());
    ::crypto_hash_sha256_final(&state, digest);
    char hex[kSha256HexSize + 1];
    ::sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    return Sha256Hex({hex, kSha256HexSize});
}

}  // namespace homeostat
