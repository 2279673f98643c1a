#include "agent/uplink/utf8.hpp"

#include <cstdint>

namespace homeostat {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Bytes of the well-formed character at the beginning of `text`; 0 when there is none. The table
// is RFC 3629, section 4: no overlong forms, no surrogates, nothing beyond U+10FFFF.
std::size_t character_size(std::string_view text) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto is_tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const auto within = [&](std::size_t i, unsigned low, unsigned high) {
        return byte(i) >= low && byte(i) <= high;
    };
    if (byte(0) < 0x80) return 1;
    if (within(0, 0xC2, 0xDF)) return is_tail(1) ? 2 : 0;
    if (within(0, 0xE0, 0xEF)) {
        const unsigned low = byte(0) == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = byte(0) == 0xED ? 0x9F : 0xBF;
        return within(1, low, high) && is_tail(2) ? 3 : 0;
    }
    if (within(0, 0xF0, 0xF4)) {
        const unsigned low = byte(0) == 0xF0 ? 0x90 : 0x80;
        const unsigned high = byte(0) == 0xF4 ? 0x8F : 0xBF;
        return within(1, low, high) && is_tail(2) && is_tail(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::string to_utf8(std::string_view text, std::size_t size_max) {
    std::string out;
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        const std::string_view character = size == 0 ? kReplacement : text.substr(0, size);
        if (out.size() + character.size() > size_max) break;
        out.append(character);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out;
}

std::string to_printable(std::string_view text, std::size_t size_max) {
    std::string out(text.substr(0, size_max));
    for (char& c : out) {
        if (c < ' ' || c > '~') c = c == '\n' || c == '\t' || c == '\r' ? ' ' : '.';
    }
    return out;
}

}  // namespace homeostat
