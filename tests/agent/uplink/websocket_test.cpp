#include "agent/uplink/websocket.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace homeostat;

namespace {

// What a server sends: no mask. `first`: FIN, reserved bits and opcode.
std::string frame_of(unsigned first, const std::string& payload) {
    std::string out(1, static_cast<char>(first));
    const std::size_t size = payload.size();
    if (size < 126) {
        out += static_cast<char>(size);
    } else {
        const bool wide = size > 0xFFFF;
        out += static_cast<char>(wide ? 127 : 126);
        for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8) {
            out += static_cast<char>(size >> static_cast<unsigned>(shift) & 0xFFU);
        }
    }
    return out + payload;
}

using Messages = std::vector<std::string>;

}  // namespace

TEST_CASE("websocket: a client's frames are masked, with the shortest length") {
    // RFC 6455, 5.7: "Hello" masked by 37 fa 21 3d, here as a binary message.
    const std::string hello = websocket_frame(WebSocketFrame::Binary, "Hello", 0x3d21fa37U);
    CHECK(hello == std::string("\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
    struct Row {
        std::size_t payload;
        std::size_t header;
    };
    for (const Row row : {Row{0, 6}, Row{125, 6}, Row{126, 8}, Row{65535, 8}, Row{65536, 14}}) {
        CAPTURE(row.payload);
        const std::string frame =
            websocket_frame(WebSocketFrame::Binary, std::string(row.payload, 'x'), 1);
        CHECK(frame.size() == row.payload + row.header);
        CHECK((static_cast<unsigned char>(frame[1]) & 0x80U) != 0);
    }
    CHECK(websocket_frame(WebSocketFrame::Close, close_payload(1000), 0) ==
          std::string("\x88\x82\0\0\0\0\x03\xe8", 8));
}

TEST_CASE("websocket: messages come out whole, in whatever pieces their bytes come") {
    const std::string bytes = frame_of(0x82, "one") + frame_of(0x02, "tw") + frame_of(0x89, "p") +
                              frame_of(0x00, "") + frame_of(0x80, "o") + frame_of(0x82, "") +
                              frame_of(0x82, std::string(300, 'x')) +
                              frame_of(0x82, std::string(70'000, 'y'));
    const Messages wanted{"one", "two", "", std::string(300, 'x'), std::string(70'000, 'y')};
    for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 1000UL, bytes.size()}) {
        CAPTURE(piece);
        WebSocketReader reader(100'000);
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            REQUIRE(reader.feed(std::string_view(bytes).substr(at, piece)));
        }
        CHECK(reader.messages == wanted);
        REQUIRE(reader.ping.has_value());
        CHECK(*reader.ping == "p");
        CHECK_FALSE(reader.closed().has_value());
    }
}

TEST_CASE("websocket: text is dropped and counted, and takes no memory") {
    WebSocketReader reader(100);
    CHECK(reader.feed(frame_of(0x01, "some") + frame_of(0x80, "thing") + frame_of(0x82, "b")));
    CHECK(reader.messages == Messages{"b"});
    CHECK(reader.texts() == 1);
}

TEST_CASE("websocket: of many pings the newest is the one to answer") {
    WebSocketReader reader(100);
    CHECK(reader.feed(frame_of(0x89, "1") + frame_of(0x89, "2") + frame_of(0x8A, "pong")));
    CHECK(*reader.ping == "2");
}

TEST_CASE("websocket: a goodbye ends it, with its code") {
    WebSocketReader reader(100);
    CHECK(reader.feed(frame_of(0x82, "last") + frame_of(0x88, "\x03\xe9gone") +
                      frame_of(0x82, "too late")));
    CHECK(reader.messages == Messages{"last"});
    CHECK(*reader.closed() == 1001);
    WebSocketReader bare(100);
    CHECK(bare.feed(frame_of(0x88, "")));
    CHECK(*bare.closed() == 0);
}

TEST_CASE("websocket: a hostile peer is told what it broke, and nothing of it is kept") {
    struct Row {
        const char* what;
        std::string bytes;
        std::uint16_t code;
    };
    const std::string huge("\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xf0", 10);  // continues, 2^64 - 16
    const std::vector<Row> rows{
        {"a masked frame", std::string("\x82\x81\0\0\0\0x", 7), kCloseProtocol},
        {"the first reserved bit", frame_of(0xC2, "x"), kCloseProtocol},
        {"the second", frame_of(0xA2, "x"), kCloseProtocol},
        {"the third", frame_of(0x92, "x"), kCloseProtocol},
        {"an unknown kind", frame_of(0x83, "x"), kCloseProtocol},
        {"an unknown control frame", frame_of(0x8B, "x"), kCloseProtocol},
        {"a ping in pieces", frame_of(0x09, "x"), kCloseProtocol},
        {"a ping too long", frame_of(0x89, std::string(126, 'x')), kCloseProtocol},
        {"a goodbye in pieces", frame_of(0x08, ""), kCloseProtocol},
        {"half a code", frame_of(0x88, "x"), kCloseProtocol},
        {"a code that is none", frame_of(0x88, std::string("\0\x01", 2)), kCloseProtocol},
        {"a continuation of nothing", frame_of(0x80, "x"), kCloseProtocol},
        {"a message in a message", frame_of(0x02, "x") + frame_of(0x82, "y"), kCloseProtocol},
        {"too large", frame_of(0x82, std::string(101, 'x')), kCloseTooBig},
        {"too large in sum",
         frame_of(0x02, std::string(60, 'x')) + frame_of(0x00, std::string(41, 'x')), kCloseTooBig},
        {"too large as text", frame_of(0x81, std::string(101, 'x')), kCloseTooBig},
        {"a length near the end of the number", frame_of(0x02, std::string(20, 'x')) + huge,
         kCloseTooBig},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        WebSocketReader whole(100);
        CHECK_FALSE(whole.feed(row.bytes));
        CHECK(whole.fault_code() == row.code);
        CHECK_FALSE(whole.fault().empty());
        CHECK(whole.messages.empty());
        CHECK_FALSE(whole.feed(frame_of(0x82, "more")));
        CHECK(whole.messages.empty());
        WebSocketReader slow(100);
        bool good = true;
        for (const char byte : row.bytes) good = slow.feed({&byte, 1}) && good;
        CHECK_FALSE(good);
    }
}
