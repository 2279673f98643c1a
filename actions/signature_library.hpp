// SignatureLibrary is the cryptography that a check of a bundle needs, by somebody else's code.
//
// Two processes check the same signatures with different libraries: the watcher has OpenSSL for TLS
// anyway (agent/fleet/openssl_signatures.hpp), the actuator must stay small and takes libsodium
// (actions/sodium_signatures.hpp). Hashing and signatures are never our own code.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace homeostat {

using Ed25519Key = std::array<std::uint8_t, 32>;
using Ed25519Signature = std::array<std::uint8_t, 64>;
using Blake2bDigest = std::array<std::uint8_t, 64>;

class SignatureLibrary {
public:
    virtual ~SignatureLibrary() = default;

    // BLAKE2b-512 without a key (RFC 7693). False: the library failed, and nothing is believed.
    [[nodiscard]] virtual bool blake2b(std::string_view message, Blake2bDigest& digest) const = 0;

    // Pure Ed25519 (RFC 8032); a signature whose S is not canonical is refused.
    [[nodiscard]] virtual bool verify(const Ed25519Key& key, const Ed25519Signature& signature,
                                      std::string_view message) const = 0;
};

}  // namespace homeostat
