#include "agent/uplink/websocket_upgrade.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455, 1.3
const std::string kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string agreed(const std::string& more = "") {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           kAccept + "\r\n" + more + "\r\n";
}

}  // namespace

TEST_CASE("websocket_upgrade: the key and the word for it are those of the RFC") {
    std::array<std::uint8_t, 16> nonce{};
    const std::string_view text = "the sample nonce";
    std::copy(text.begin(), text.end(), nonce.begin());
    CHECK(upgrade_key(nonce) == kKey);
    CHECK(upgrade_accept(kKey) == kAccept);
}

TEST_CASE("websocket_upgrade: the URL of the same server for HTTP") {
    CHECK(http_url("ws://h:4320/v1/opamp") == "http://h:4320/v1/opamp");
    CHECK(http_url("wss://h/v1/opamp?x") == "https://h/v1/opamp?x");
    CHECK(http_url("https://h/") == "https://h/");
}

TEST_CASE("websocket_upgrade: what is asked") {
    HttpRequest request;
    request.url = "http://h:4320/v1/opamp?a=b#c";
    request.headers = {{"Authorization", "Bearer x"}};
    CHECK(upgrade_text(request, "homeostat/1", kKey) ==
          "GET /v1/opamp?a=b HTTP/1.1\r\nHost: h:4320\r\nUser-Agent: homeostat/1\r\n"
          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: " +
              kKey + "\r\nAuthorization: Bearer x\r\n\r\n");
    request.url = "https://[::1]:1";
    CHECK(upgrade_text(request, "a", kKey).starts_with("GET / HTTP/1.1\r\nHost: [::1]:1\r\n"));
}

TEST_CASE("websocket_upgrade: an agreement, however its bytes come and its names are written") {
    const std::string answer = agreed("X-More: 1\r\n") + "\x82\x01x";
    for (std::size_t size = 0; size < answer.size() - 3; ++size) {
        const auto part = read_upgrade(answer.substr(0, size), kKey);
        REQUIRE(part.has_value());
        CHECK(part->bytes == 0);
    }
    const auto whole = read_upgrade(answer, kKey);
    REQUIRE(whole.has_value());
    CHECK(whole->bytes == answer.size() - 3);
    CHECK(whole->response.status == 101);
    CHECK(read_upgrade("HTTP/1.1 101\r\nUPGRADE:WebSocket\r\nconnection: keep-alive, upgrade\r\n"
                       "sec-websocket-accept:  " +
                           kAccept + " \r\n\r\n",
                       kKey)
              .has_value());
}

TEST_CASE("websocket_upgrade: a refusal is an answer, with its status and Retry-After") {
    const auto busy = read_upgrade("HTTP/1.1 503 Busy\r\nRetry-After: 17\r\n\r\nbody", kKey);
    REQUIRE(busy.has_value());
    CHECK(busy->response.status == 503);
    CHECK(busy->response.retry_after == "17");
    const auto elsewhere = read_upgrade("HTTP/1.1 302 F\r\nLocation: http://evil/\r\n\r\n", kKey);
    REQUIRE(elsewhere.has_value());
    CHECK(elsewhere->response.status == 302);
    CHECK(elsewhere->response.location.empty());  // not followed, so not even kept
}

TEST_CASE("websocket_upgrade: whatever is not exactly an agreement is none") {
    const std::string accept = "Sec-WebSocket-Accept: " + kAccept + "\r\n";
    const std::string upgrade = "Upgrade: websocket\r\n";
    const std::string connection = "Connection: Upgrade\r\n";
    const std::string status = "HTTP/1.1 101 S\r\n";
    struct Row {
        const char* what;
        std::string bytes;
        Errc code;
    };
    const std::vector<Row> rows{
        {"success of another kind", "HTTP/1.1 200 OK\r\n\r\n", Errc::Parse},
        {"no Upgrade", status + connection + accept + "\r\n", Errc::Parse},
        {"no Connection", status + upgrade + accept + "\r\n", Errc::Parse},
        {"no Accept", status + upgrade + connection + "\r\n", Errc::Parse},
        {"another Upgrade", status + "Upgrade: h2c\r\n" + connection + accept + "\r\n",
         Errc::Parse},
        {"another Accept",
         status + upgrade + connection + "Sec-WebSocket-Accept: " + kKey + "\r\n\r\n", Errc::Parse},
        {"the Accept of other case",
         status + upgrade + connection +
             "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=\r\n\r\n",
         Errc::Parse},
        {"two of them", agreed(accept), Errc::Parse},
        {"an extension", agreed("Sec-WebSocket-Extensions: permessage-deflate\r\n"), Errc::Parse},
        {"a protocol", agreed("Sec-WebSocket-Protocol: x\r\n"), Errc::Parse},
        {"a folded line", agreed(" folded\r\n"), Errc::Parse},
        {"no colon", agreed("what\r\n"), Errc::Parse},
        {"no name", agreed(": x\r\n"), Errc::Parse},
        {"a space in a name", agreed("X Y: x\r\n"), Errc::Parse},
        {"a NUL", agreed(std::string("X: a\0b\r\n", 8)), Errc::Parse},
        {"a bare line feed", agreed("X: a\nUpgrade: y\r\n"), Errc::Parse},
        {"HTTP/1.0", "HTTP/1.0 101 S\r\n" + upgrade + connection + accept + "\r\n", Errc::Parse},
        {"HTTP/2", "HTTP/2 101\r\n\r\n", Errc::Parse},
        {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", Errc::Parse},
        {"a status of letters", "HTTP/1.1 abc\r\n\r\n", Errc::Parse},
        {"a status of four digits", "HTTP/1.1 1010 S\r\n\r\n", Errc::Parse},
        {"an empty line first", "\r\n\r\n", Errc::Parse},
        {"too many lines",
         [] {
             std::string lines;
             for (int i = 0; i < 200; ++i) lines += "X: y\r\n";
             return agreed(lines);
         }(),
         Errc::Parse},
        {"endless", "HTTP/1.1 101 S\r\nX: " + std::string(kUpgradeBytesMax, 'x'), Errc::Limit},
        {"nothing but line ends that are none", std::string(kUpgradeBytesMax, '\n'), Errc::Limit},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto answer = read_upgrade(row.bytes, kKey);
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().code == row.code);
    }
}
