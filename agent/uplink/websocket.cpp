#include "agent/uplink/websocket.hpp"

#include <algorithm>
#include <cassert>
#include <websocketpp/frame.hpp>

namespace homeostat {
namespace {

namespace frame = websocketpp::frame;

constexpr std::uint16_t kCodeMin = 1000;
constexpr std::uint16_t kCodeMax = 4999;

frame::basic_header basic_of(const std::array<std::uint8_t, 14>& header) {
    return {header[0], header[1]};
}

}  // namespace

std::string websocket_frame(WebSocketFrame kind, std::string_view payload, std::uint32_t mask) {
    assert(kind == WebSocketFrame::Binary || payload.size() <= frame::limits::payload_size_basic);
    const frame::basic_header basic(static_cast<frame::opcode::value>(kind), payload.size(), true,
                                    true);
    std::string out = frame::prepare_header(basic, frame::extended_header(payload.size(), mask));
    const std::size_t begin = out.size();
    out.append(payload);
    frame::masking_key_type key;
    key.i = mask;
    frame::byte_mask(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), key);
    return out;
}

std::string close_payload(std::uint16_t code) {
    return {static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
}

bool WebSocketReader::break_off(std::string_view why, std::uint16_t code) {
    fault_ = why;
    fault_code_ = code;
    return false;
}

bool WebSocketReader::feed(std::string_view bytes) {
    while (fault_.empty() && !closed_ && (!bytes.empty() || in_payload_)) {
        if (!in_payload_) {
            if (!read_header(bytes)) break;  // the rest has not come, or it is a fault
            continue;
        }
        const std::size_t size =
            static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, bytes.size()));
        const bool control = frame::opcode::is_control(frame::get_opcode(basic_of(header_)));
        if (control || !is_text_) (control ? control_ : message_).append(bytes.substr(0, size));
        bytes.remove_prefix(size);
        payload_left_ -= size;
        if (payload_left_ > 0) break;
        if (!end_frame()) break;
    }
    return fault_.empty();
}

// True: it is whole, and a frame has begun.
bool WebSocketReader::read_header(std::string_view& bytes) {
    for (;;) {
        const std::size_t wanted = header_size_ < frame::BASIC_HEADER_LENGTH
                                       ? frame::BASIC_HEADER_LENGTH
                                       : frame::get_header_len(basic_of(header_));
        if (header_size_ == wanted) return begin_frame();
        if (bytes.empty()) return false;
        header_[header_size_++] = static_cast<std::uint8_t>(bytes.front());
        bytes.remove_prefix(1);
    }
}

bool WebSocketReader::begin_frame() {
    const frame::basic_header basic = basic_of(header_);
    frame::extended_header extended;
    std::copy(header_.begin() + frame::BASIC_HEADER_LENGTH, header_.end(), extended.bytes);
    const auto opcode = frame::get_opcode(basic);
    const std::uint64_t size = frame::get_payload_size(basic, extended);
    if (frame::get_rsv1(basic) || frame::get_rsv2(basic) || frame::get_rsv3(basic)) {
        return break_off("a frame with a reserved bit");
    }
    if (frame::opcode::reserved(opcode)) return break_off("a frame of an unknown kind");
    if (frame::get_masked(basic)) return break_off("a masked frame from a server");
    if (frame::opcode::is_control(opcode)) {
        if (!frame::get_fin(basic)) return break_off("a control frame in pieces");
        if (size > frame::limits::payload_size_basic) return break_off("a control frame too long");
        control_.clear();
    } else {
        const bool goes_on = opcode == frame::opcode::continuation;
        if (goes_on != joining_)
            return break_off("a frame that continues nothing, or nothing does");
        if (!goes_on) {
            is_text_ = opcode == frame::opcode::text;
            message_.clear();
        }
        joining_ = true;
        // Of text nothing is kept. The sum could pass the end of the number: subtract.
        if (size > message_max_ || size > message_max_ - message_.size()) {
            return break_off("a message that is too large", kCloseTooBig);
        }
    }
    header_size_ = 0;
    in_payload_ = true;
    payload_left_ = size;
    return true;
}

bool WebSocketReader::end_frame() {
    in_payload_ = false;
    const frame::basic_header basic = basic_of(header_);
    switch (frame::get_opcode(basic)) {
        case frame::opcode::ping: ping = std::move(control_); break;
        case frame::opcode::pong: break;
        case frame::opcode::close: {
            if (control_.size() == 1) return break_off("half a code to close with");
            std::uint16_t code = 0;
            for (const char c : std::string_view(control_).substr(0, 2)) {
                code = static_cast<std::uint16_t>(code << 8U | static_cast<unsigned char>(c));
            }
            if (!control_.empty() && (code < kCodeMin || code > kCodeMax)) {
                return break_off("a code to close with that is none");
            }
            closed_ = code;
            break;
        }
        default:
            if (!frame::get_fin(basic)) break;
            joining_ = false;
            texts_ += is_text_ ? 1 : 0;
            if (!is_text_) messages.push_back(std::move(message_));
            message_.clear();
            break;
    }
    control_.clear();
    return true;
}

}  // namespace homeostat
