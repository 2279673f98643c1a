// OpensslSignatures is the SignatureLibrary of the watcher and the command line: OpenSSL's, which
// is there for TLS already.
#pragma once

#include "actions/signature_library.hpp"

namespace homeostat {

class OpensslSignatures final : public SignatureLibrary {
public:
    [[nodiscard]] bool blake2b(std::string_view message, Blake2bDigest& digest) const override;
    [[nodiscard]] bool verify(const Ed25519Key& key, const Ed25519Signature& signature,
                              std::string_view message) const override;
};

}  // namespace homeostat
