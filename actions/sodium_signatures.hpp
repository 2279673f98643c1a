// SodiumSignatures is the SignatureLibrary of the actuator: libsodium's parts for Ed25519 and
// BLAKE2b, some tens of kilobytes (docs/decisions/0010-signed-bundles.md).
#pragma once

#include "actions/signature_library.hpp"

namespace homeostat {

class SodiumSignatures final : public SignatureLibrary {
public:
    [[nodiscard]] bool blake2b(std::string_view message, Blake2bDigest& digest) const override;
    [[nodiscard]] bool verify(const Ed25519Key& key, const Ed25519Signature& signature,
                              std::string_view message) const override;
};

}  // namespace homeostat
