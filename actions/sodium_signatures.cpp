#include "actions/sodium_signatures.hpp"

#include <sodium/crypto_generichash_blake2b.h>
#include <sodium/crypto_sign_ed25519.h>

namespace homeostat {
namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

// No sodium_init: it seeds random numbers and picks code for the processor, and neither is needed.
bool SodiumSignatures::blake2b(std::string_view message, Blake2bDigest& digest) const {
    return ::crypto_generichash_blake2b(digest.data(), digest.size(), bytes_of(message),
                                        message.size(), nullptr, 0) == 0;
}

bool SodiumSignatures::verify(const Ed25519Key& key, const Ed25519Signature& signature,
                              std::string_view message) const {
    return ::crypto_sign_ed25519_verify_detached(signature.data(), bytes_of(message),
                                                 message.size(), key.data()) == 0;
}

}  // namespace homeostat
