#include "core/printable.hpp"

#include <algorithm>
#include <cstdint>

#include "core/format.hpp"

namespace homeostat {
namespace {

// REQUIRES: `character` is one well-formed character of UTF-8.
std::uint32_t code_point(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first;
    std::uint32_t code = first & (0x7FU >> character.size());
    for (const char c : character.substr(1)) {
        code = (code << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
    }
    return code;
}

bool is_control(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

// U+061C, U+200E, U+200F, U+202A..2E, U+2066..69: they reorder what a person reads; U+2028 and
// U+2029 end a line.
bool is_deceiving(std::uint32_t code) {
    return code == 0x061C || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

bool is_safe(std::string_view character, Lines lines) {
    const std::uint32_t code = code_point(character);
    if (lines == Lines::Many && (code == '\n' || code == '\t')) return true;
    return !is_control(code) && !is_deceiving(code);
}

}  // namespace

// The table is RFC 3629, section 4: no overlong forms, no surrogates, nothing beyond U+10FFFF.
std::size_t utf8_character_size(std::string_view text) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto is_tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const auto within = [&](std::size_t i, unsigned low, unsigned high) {
        return byte(i) >= low && byte(i) <= high;
    };
    if (text.empty()) return 0;
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

void make_printable(std::span<char> text, Lines lines) {
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view rest(text.data() + at, text.size() - at);
        const std::size_t size = utf8_character_size(rest);
        const std::size_t step = std::max<std::size_t>(size, 1);
        if (size == 0 || !is_safe(rest.substr(0, size), lines)) {
            std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), step, '?');
        }
        at += step;
    }
}

std::string printable(std::string_view text, Lines lines) {
    std::string out(text);
    make_printable(out, lines);
    return out;
}

// Outside of its strings JSON has no such characters but the line breaks between its parts, and
// those stay.
std::string printable_json(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    while (!json.empty()) {
        const std::size_t size = std::max<std::size_t>(utf8_character_size(json), 1);
        const std::string_view character = json.substr(0, size);
        const bool well_formed = utf8_character_size(character) == size;
        if (well_formed && !is_safe(character, Lines::Many)) {
            out += fmt::format("\\u{:04x}", code_point(character));
        } else {
            out += character;
        }
        json.remove_prefix(size);
    }
    return out;
}

}  // namespace homeostat
