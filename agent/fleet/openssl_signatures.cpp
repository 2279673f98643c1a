#include "agent/fleet/openssl_signatures.hpp"

#include <openssl/evp.h>

#include <memory>

namespace homeostat {
namespace {

struct Free {
    void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

bool OpensslSignatures::blake2b(std::string_view message, Blake2bDigest& digest) const {
    unsigned size = 0;
    return ::EVP_Digest(message.data(), message.size(), digest.data(), &size, ::EVP_blake2b512(),
                        nullptr) == 1 &&
           size == digest.size();
}

bool OpensslSignatures::verify(const Ed25519Key& key, const Ed25519Signature& signature,
                               std::string_view message) const {
    const std::unique_ptr<EVP_PKEY, Free> public_key(
        ::EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
    const std::unique_ptr<EVP_MD_CTX, Free> context(::EVP_MD_CTX_new());
    return public_key != nullptr && context != nullptr &&
           ::EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) ==
               1 &&
           ::EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(message),
                              message.size()) == 1;
}

}  // namespace homeostat
