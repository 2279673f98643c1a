// How a WebSocket begins (RFC 6455, 4.1 and 4.2): a GET that asks for an upgrade, and the answer.
//
// curl makes the connection and hands over its bytes, so the answer is read here. It comes from a
// server that is not believed yet: bounded, and whatever is not exactly an agreement is none.
// Pure: no network, no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/fetcher.hpp"
#include "core/result.hpp"

namespace homeostat {

inline constexpr std::size_t kUpgradeBytesMax = 16U << 10U;  // of the answer's head
inline constexpr std::size_t kUpgradeLinesMax = 100;

// "ws://h/p" -> "http://h/p", "wss://..." -> "https://..."; any other as it is.
std::string http_url(std::string_view url);

// The value of Sec-WebSocket-Key: 16 random bytes as base64.
std::string upgrade_key(const std::array<std::uint8_t, 16>& random);

// What a server must answer to it.
std::string upgrade_accept(std::string_view key);

// The request's bytes. `request.url` is http:// or https://; its headers go along.
// REQUIRES: no line breaks in them (CurlTransfer has looked).
std::string upgrade_text(const HttpRequest& request, std::string_view user_agent,
                         std::string_view key);

struct UpgradeAnswer {
    std::size_t bytes = 0;  // of the head, the empty line included; nought: not whole yet
    HttpResponse response;  // status and retry_after; 101: agreed, as the RFC says it must be
};

// `bytes`: all that has come. Errc::Limit: too long; Errc::Parse: not HTTP, or a 101 that does not
// agree to what was asked, or an answer other than 101 that claims success.
Result<UpgradeAnswer> read_upgrade(std::string_view bytes, std::string_view key);

}  // namespace homeostat
