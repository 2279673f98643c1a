#include "agent/uplink/standard_webhook.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kPrefix = "whsec_";

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string base64(std::string_view bytes) {
    std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // EVP ends it with a NUL
    const int size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                       bytes_of(bytes), static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

}  // namespace

std::optional<std::string> decode_webhook_secret(std::string_view secret) {
    if (!secret.starts_with(kPrefix)) return std::nullopt;
    secret.remove_prefix(kPrefix.size());
    if (secret.empty() || secret.size() % 4 != 0 || secret.size() > 1024) return std::nullopt;
    std::string key(secret.size() / 4 * 3, '\0');
    const int size = ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()),
                                       bytes_of(secret), static_cast<int>(secret.size()));
    if (size < 0) return std::nullopt;
    const std::size_t padding = secret.ends_with("==") ? 2 : secret.ends_with('=') ? 1 : 0;
    key.resize(static_cast<std::size_t>(size) - padding);
    return key;
}

std::string sign_webhook(std::string_view key, std::string_view id, std::int64_t unix_seconds,
                         std::string_view body) {
    const std::string message = fmt::format("{}.{}.{}", id, unix_seconds, body);
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned size = 0;
    ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(message),
           message.size(), sum.data(), &size);
    return "v1," + base64({reinterpret_cast<const char*>(sum.data()), size});
}

}  // namespace homeostat
