// The signature of Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA256 over
// "id.timestamp.body", so that a receiver knows who sent a request, that it is whole and not old.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace homeostat {

inline constexpr std::size_t kRoutingKeyBytes = 32;  // PagerDuty's, which needs no signature

// The key in "whsec_<base64>"; nothing when it is not that, or shorter than a byte.
std::optional<std::string> decode_webhook_secret(std::string_view secret);

// "v1,<base64>". REQUIRES: key is not empty.
std::string sign_webhook(std::string_view key, std::string_view id, std::int64_t unix_seconds,
                         std::string_view body);

}  // namespace homeostat
