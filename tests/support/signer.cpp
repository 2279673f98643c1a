#include "tests/support/signer.hpp"

#include <sodium/crypto_generichash_blake2b.h>
#include <sodium/crypto_sign_ed25519.h>

#include <cstdlib>

namespace homeostat::test {
namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

template <typename Array>
std::string text_of(const Array& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string base64(std::string_view bytes) {
    static constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            group = group << 8U | (at + i < bytes.size() ? bytes_of(bytes)[at + i] : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            const bool padding = at + i > bytes.size();
            out += padding ? '=' : kDigits[group >> (18 - 6 * i) & 0x3FU];
        }
    }
    return out;
}

Signer::Signer(std::uint8_t seed) {
    std::array<unsigned char, 32> seeds{};
    seeds.fill(seed);
    key_.id.fill(seed);
    if (::crypto_sign_ed25519_seed_keypair(key_.key.data(), secret_.data(), seeds.data()) != 0) {
        std::abort();
    }
}

std::string Signer::public_key() const {
    return base64("Ed" + text_of(key_.id) + text_of(key_.key));
}

std::string Signer::sign(std::string_view message, std::string_view trusted_comment) const {
    std::array<unsigned char, 64> digest{};
    ::crypto_generichash_blake2b(digest.data(), digest.size(), bytes_of(message), message.size(),
                                 nullptr, 0);
    std::array<unsigned char, 64> signature{};
    ::crypto_sign_ed25519_detached(signature.data(), nullptr, digest.data(), digest.size(),
                                   secret_.data());
    const std::string global_message = text_of(signature) + std::string(trusted_comment);
    std::array<unsigned char, 64> global{};
    ::crypto_sign_ed25519_detached(global.data(), nullptr, bytes_of(global_message),
                                   global_message.size(), secret_.data());
    return "untrusted comment: test\n" + base64("ED" + text_of(key_.id) + text_of(signature)) +
           "\ntrusted comment: " + std::string(trusted_comment) + "\n" + base64(text_of(global)) +
           "\n";
}

std::string Signer::sealed(std::string_view message) const {
    return *join_signed(message, sign(message));
}

}  // namespace homeostat::test
