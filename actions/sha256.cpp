#include "actions/sha256.hpp"

#include <openssl/evp.h>

#include <cassert>
#include <memory>

namespace homeostat {

Sha256Hex sha256_hex(std::string_view first, std::string_view second) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context(::EVP_MD_CTX_new(),
                                                                            ::EVP_MD_CTX_free);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    // Only a broken library or lack of memory fails here; going on with no digest would be worse
    // than to stop.
    [[maybe_unused]] const bool done =
        context != nullptr && ::EVP_DigestInit_ex(context.get(), ::EVP_sha256(), nullptr) == 1 &&
        ::EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1 &&
        ::EVP_DigestUpdate(context.get(), second.data(), second.size()) == 1 &&
        ::EVP_DigestFinal_ex(context.get(), digest, &size) == 1;
    assert(done && size == kSha256HexSize / 2);
    Sha256Hex hex;
    for (unsigned i = 0; i < size; ++i) {
        const char pair[2] = {kDigits[digest[i] >> 4U], kDigits[digest[i] & 0x0FU]};
        hex.append({pair, 2});
    }
    return hex;
}

}  // namespace homeostat
