// WebSocket (RFC 6455) as a client speaks it: the peer's bytes into messages, ours into frames.
//
//     | FIN RSV1-3 opcode | MASK length | length of 16 or 64 bits | mask key | payload |
//
// The frame's header and the mask are websocketpp's (its frame.hpp); joining frames into messages
// within a limit is here, because what a hostile server may make us keep is for us to say. No
// extension is ever offered, so a frame with a reserved bit is a fault, as is a masked one.
// Pure: no network, no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace homeostat {

enum class WebSocketFrame : std::uint8_t { Binary = 0x2, Close = 0x8, Ping = 0x9, Pong = 0xA };

// RFC 6455, 7.4.1.
inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseProtocol = 1002;
inline constexpr std::uint16_t kCloseTooBig = 1009;

// A whole frame from a client. `mask` must be a number that the peer cannot foretell (10.3).
// REQUIRES: at most 125 bytes of payload but for Binary.
std::string websocket_frame(WebSocketFrame kind, std::string_view payload, std::uint32_t mask);

// The payload of a Close frame.
std::string close_payload(std::uint16_t code);

class WebSocketReader {
public:
    // `message_max` bytes of one message.
    explicit WebSocketReader(std::size_t message_max) : message_max_(message_max) {}

    // Takes in what the peer has sent, in pieces of any size. False: it has broken the protocol or
    // the limit, fault() and fault_code() say how, and nothing more is read.
    bool feed(std::string_view bytes);

    // Binary messages, whole, in order; to be taken by whoever feeds. Text is dropped and counted.
    std::vector<std::string> messages;
    // The newest ping, to be answered and cleared. Older ones need no answer of their own (5.5.3).
    std::optional<std::string> ping;

    // The peer has said goodbye, with this code; nought: without one. Nothing more is read.
    [[nodiscard]] std::optional<std::uint16_t> closed() const { return closed_; }
    [[nodiscard]] std::string_view fault() const { return fault_; }
    [[nodiscard]] std::uint16_t fault_code() const { return fault_code_; }
    [[nodiscard]] std::uint64_t texts() const { return texts_; }

private:
    static constexpr std::size_t kHeaderMax = 14;

    bool read_header(std::string_view& bytes);
    bool begin_frame();
    bool end_frame();
    bool break_off(std::string_view why, std::uint16_t code = kCloseProtocol);

    std::size_t message_max_;
    std::array<std::uint8_t, kHeaderMax> header_{};
    std::size_t header_size_ = 0;  // of what has come
    bool in_payload_ = false;
    std::uint64_t payload_left_ = 0;
    std::string control_;  // payload of a control frame
    std::string message_;  // of the message that has begun
    bool joining_ = false;
    bool is_text_ = false;
    std::optional<std::uint16_t> closed_;
    std::string_view fault_;
    std::uint16_t fault_code_ = 0;
    std::uint64_t texts_ = 0;
};

}  // namespace homeostat
