#include "agent/uplink/curl_channel.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "agent/uplink/websocket.hpp"
#include "tests/agent/uplink/upgrade_server.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;
using test::UpgradeServer;

namespace {

constexpr int kStepsMax = 50;

HttpRequest request_to(const UpgradeServer& server) {
    HttpRequest request;
    request.url = server.url();
    request.headers = {{"Authorization", "Bearer x"}};
    request.connect_timeout = seconds(2);
    request.response_max = 1000;
    return request;
}

std::string frame_of(unsigned first, const std::string& payload) {
    return std::string(1, static_cast<char>(first)) + static_cast<char>(payload.size()) + payload;
}

// Steps until something was said or it has ended.
ChannelNews next_news(CurlChannel& channel, Instant now) {
    ChannelNews news;
    for (int i = 0; i < kStepsMax && channel.state() != ChannelState::Closed; ++i) {
        news = channel.step(now, seconds(2));
        if (!news.messages.empty() || news.end) break;
    }
    return news;
}

// Steps until the server has got so many bytes of frames.
std::string received(CurlChannel& channel, const UpgradeServer& server, std::size_t size,
                     Instant now) {
    constexpr int kMost = 500;
    for (int i = 0; i < kMost && server.received().size() < size; ++i) {
        (void)channel.step(now, milliseconds(10));
    }
    return server.received();
}

// What a client's frame says.
std::string unmasked(const std::string& frame) {
    std::string out;
    for (std::size_t i = 6; i < frame.size(); ++i) {
        out += static_cast<char>(frame[i] ^ frame[2 + (i - 6) % 4]);
    }
    return out;
}

}  // namespace

TEST_CASE("curl_channel: what a server pushes is here without being asked for") {
    UpgradeServer server([](const std::string& key) {
        return UpgradeServer::agreed(key) + frame_of(0x82, "one") + frame_of(0x02, "tw") +
               frame_of(0x80, "o");
    });
    const test::ManualClock clock;
    CurlChannel channel("homeostat/1");
    CHECK(channel.state() == ChannelState::Closed);
    REQUIRE(channel.open(request_to(server), clock.now()));
    CHECK(channel.state() == ChannelState::Opening);
    std::vector<std::string> messages;
    for (int i = 0; i < kStepsMax && messages.size() < 2; ++i) {
        const ChannelNews news = next_news(channel, clock.now());
        REQUIRE_FALSE(news.end.has_value());
        messages.insert(messages.end(), news.messages.begin(), news.messages.end());
    }
    CHECK(channel.state() == ChannelState::Open);
    CHECK(messages == std::vector<std::string>{"one", "two"});
    CHECK(server.head().starts_with("GET /v1/opamp HTTP/1.1\r\nHost: 127.0.0.1:"));
    CHECK(server.head().find("\r\nAuthorization: Bearer x\r\n") != std::string::npos);
    CHECK(server.head().find("\r\nUser-Agent: homeostat/1\r\n") != std::string::npos);
}

TEST_CASE("curl_channel: what is sent goes out masked, each time by another number") {
    UpgradeServer server(
        [](const std::string& key) { return UpgradeServer::agreed(key) + frame_of(0x82, "x"); });
    const test::ManualClock clock;
    CurlChannel channel("homeostat/1");
    REQUIRE(channel.open(request_to(server), clock.now()));
    channel.send("too early");
    REQUIRE(next_news(channel, clock.now()).messages.size() == 1);
    channel.send("hello");
    channel.send("hello");
    const std::size_t size = 2 * (6 + 5);
    const std::string got = received(channel, server, size, clock.now());
    REQUIRE(got.size() == size);
    CHECK(unmasked(got.substr(0, size / 2)) == "hello");
    CHECK(unmasked(got.substr(size / 2)) == "hello");
    CHECK(got.substr(2, 4) != got.substr(size / 2 + 2, 4));
}

TEST_CASE("curl_channel: a ping is answered with what it said") {
    UpgradeServer server([](const std::string& key) {
        return UpgradeServer::agreed(key) + frame_of(0x89, "are you there");
    });
    const test::ManualClock clock;
    CurlChannel channel("homeostat/1");
    REQUIRE(channel.open(request_to(server), clock.now()));
    const std::string got = received(channel, server, 6 + 13, clock.now());
    REQUIRE(got.size() == 6 + 13);
    CHECK(static_cast<unsigned char>(got[0]) == 0x8A);
    CHECK(unmasked(got) == "are you there");
}

TEST_CASE("curl_channel: the server's goodbye ends it, with its code") {
    UpgradeServer server([](const std::string& key) {
        return UpgradeServer::agreed(key) + frame_of(0x88, "\x03\xe9");
    });
    const test::ManualClock clock;
    CurlChannel channel("homeostat/1");
    REQUIRE(channel.open(request_to(server), clock.now()));
    const ChannelNews news = next_news(channel, clock.now());
    REQUIRE(news.end.has_value());
    REQUIRE_FALSE(news.end->has_value());
    CHECK(news.end->error().code == Errc::NotFound);
    CHECK(news.end->error().text.view() == "the server has closed the connection (1001)");
    CHECK(channel.state() == ChannelState::Closed);
}

TEST_CASE("curl_channel: our goodbye is 1000, after what was to be sent") {
    UpgradeServer server(
        [](const std::string& key) { return UpgradeServer::agreed(key) + frame_of(0x82, "x"); });
    const test::ManualClock clock;
    CurlChannel channel("homeostat/1");
    REQUIRE(channel.open(request_to(server), clock.now()));
    REQUIRE(next_news(channel, clock.now()).messages.size() == 1);
    channel.send("last");
    channel.close();
    CHECK(channel.state() == ChannelState::Closing);
    channel.send("after the goodbye");
    const std::size_t size = 6 + 4 + 6 + 2;
    const std::string got = received(channel, server, size, clock.now());
    REQUIRE(got.size() == size);
    CHECK(unmasked(got.substr(0, 10)) == "last");
    CHECK(static_cast<unsigned char>(got[10]) == 0x88);
    CHECK(unmasked(got.substr(10)) == "\x03\xe8");
    channel.drop();
    CHECK(channel.state() == ChannelState::Closed);
}

TEST_CASE("curl_channel: a refusal is an answer; anything else that is no agreement an error") {
    struct Row {
        const char* what;
        std::string answer;
        int status;  // nought: an error
        Errc code;
    };
    for (const Row& row : {
             Row{"busy", "HTTP/1.1 503 B\r\nRetry-After: 7\r\n\r\n", 503, Errc::Io},
             Row{"a redirect, not followed",
                 "HTTP/1.1 302 F\r\nLocation: ws://127.0.0.1:1/\r\n\r\n", 302, Errc::Io},
             Row{"a web page", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0, Errc::Parse},
             Row{"another's agreement", UpgradeServer::agreed("x"), 0, Errc::Parse},
             Row{"an endless head", "HTTP/1.1 101 S\r\nX: " + std::string(20'000, 'x'), 0,
                 Errc::Limit},
         }) {
        CAPTURE(row.what);
        UpgradeServer server([&](const std::string&) { return row.answer; });
        const test::ManualClock clock;
        CurlChannel channel("homeostat/1");
        REQUIRE(channel.open(request_to(server), clock.now()));
        const ChannelNews news = next_news(channel, clock.now());
        REQUIRE(news.end.has_value());
        CHECK(channel.state() == ChannelState::Closed);
        REQUIRE(news.end->has_value() == (row.status != 0));
        if (row.status != 0) CHECK((*news.end)->status == row.status);
        if (row.status == 0) CHECK(news.end->error().code == row.code);
    }
}

TEST_CASE("curl_channel: a server that breaks the protocol is left, and told why") {
    for (const auto& [bytes, code] :
         {std::pair{frame_of(0xC2, "compressed"), Errc::Parse},
          std::pair{std::string("\x82\x7e\x03\xe9", 4) + std::string(1001, 'x'), Errc::Limit}}) {
        UpgradeServer server([&, answer = bytes](const std::string& key) {
            return UpgradeServer::agreed(key) + frame_of(0x82, "good") + answer;
        });
        const test::ManualClock clock;
        CurlChannel channel("homeostat/1");
        REQUIRE(channel.open(request_to(server), clock.now()));
        std::vector<std::string> messages;
        std::optional<Result<HttpResponse>> end;
        for (int i = 0; i < kStepsMax && !end; ++i) {
            const ChannelNews news = next_news(channel, clock.now());
            messages.insert(messages.end(), news.messages.begin(), news.messages.end());
            end = news.end;
        }
        CHECK(messages == std::vector<std::string>{"good"});
        REQUIRE(end.has_value());
        REQUIRE_FALSE(end->has_value());
        CHECK(end->error().code == code);
    }
}

TEST_CASE("curl_channel: of a flood one step takes in a part, and the next ones the rest") {
    constexpr std::size_t kMessages = 100'000;
    UpgradeServer server([](const std::string& key) {
        std::string flood = UpgradeServer::agreed(key);
        for (std::size_t i = 0; i < kMessages; ++i)
            flood += frame_of(0x82, "") + frame_of(0x89, "p");
        return flood;
    });
    const test::ManualClock clock;
    CurlChannel channel("homeostat/1");
    REQUIRE(channel.open(request_to(server), clock.now()));
    std::size_t messages = 0;
    std::size_t most = 0;
    for (int i = 0; i < 10'000 && messages < kMessages; ++i) {
        const ChannelNews news = channel.step(clock.now(), milliseconds(100));
        REQUIRE_FALSE(news.end.has_value());
        messages += news.messages.size();
        most = std::max(most, news.messages.size());
    }
    CHECK(messages == kMessages);
    CHECK(most < CurlChannel::kStepMessagesMax + (16U << 10U) / 2);  // what one read may hold
}

TEST_CASE("curl_channel: silence is answered by a ping, then by hanging up") {
    UpgradeServer server(
        [](const std::string& key) { return UpgradeServer::agreed(key) + frame_of(0x82, "x"); });
    test::ManualClock clock;
    CurlChannel channel("homeostat/1");
    REQUIRE(channel.open(request_to(server), clock.now()));
    REQUIRE(next_news(channel, clock.now()).messages.size() == 1);
    clock.advance(CurlChannel::kPingAfter);
    for (int i = 0; i < 3; ++i) CHECK_FALSE(channel.step(clock.now(), {}).end.has_value());
    const std::string got = received(channel, server, 6, clock.now());
    REQUIRE(got.size() == 6);  // one ping, not three
    CHECK(static_cast<unsigned char>(got[0]) == 0x89);
    clock.advance(CurlChannel::kSilenceMax);
    const ChannelNews news = channel.step(clock.now(), {});
    REQUIRE(news.end.has_value());
    CHECK(news.end->error().code == Errc::Timeout);
    CHECK(channel.step(clock.now(), seconds(60)).messages.empty());  // closed: returns at once
}

TEST_CASE("curl_channel: who takes the connection and says nothing is left in time") {
    UpgradeServer server([](const std::string&) { return std::string("HTTP/1.1 1"); });
    test::ManualClock clock;
    CurlChannel channel("homeostat/1");
    HttpRequest request = request_to(server);
    request.timeout = seconds(10);
    REQUIRE(channel.open(request, clock.now()));
    CHECK_FALSE(channel.step(clock.now(), {}).end.has_value());
    clock.advance(seconds(10));
    const ChannelNews news = channel.step(clock.now(), {});
    REQUIRE(news.end.has_value());
    CHECK(news.end->error().code == Errc::Timeout);
}

TEST_CASE("curl_channel: a server that hangs up, and one that is not there") {
    const test::ManualClock clock;
    CurlChannel channel("homeostat/1");
    {
        UpgradeServer server([](const std::string& key) { return UpgradeServer::agreed(key); },
                             true);
        REQUIRE(channel.open(request_to(server), clock.now()));
        const ChannelNews news = next_news(channel, clock.now());
        REQUIRE(news.end.has_value());
        CHECK(news.end->error().code == Errc::Io);
    }
    HttpRequest nobody;
    nobody.url = "ws://127.0.0.1:1/v1/opamp?token=secret";
    const Status none = channel.open(nobody, clock.now());
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().text.view().find("secret") == std::string_view::npos);
    HttpRequest unsafe = nobody;
    unsafe.headers = {{"X", "a\r\nY: b"}};
    CHECK(channel.open(unsafe, clock.now()).error().code == Errc::Invalid);
    channel.interrupt();
    CHECK(channel.open(nobody, clock.now()).error().text.view().find("stopping") !=
          std::string_view::npos);
}
