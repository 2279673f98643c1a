// Small, pure, allocation-free readers of text: every parser of outside text stands on these.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace homeostat {

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

constexpr std::string_view trim(std::string_view text) {
    while (!text.empty() && (is_blank(text.front()) || text.front() == '\n')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (is_blank(text.back()) || text.back() == '\n')) text.remove_suffix(1);
    return text;
}

// The whole of `text` as a number, or nothing: no sign for u64, no blanks, no trailing bytes.
// A value that does not fit is nothing, never a wrapped one.
inline std::optional<std::uint64_t> parse_u64(std::string_view text, int base = 10) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return value;
}

inline std::optional<std::int64_t> parse_i64(std::string_view text) {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, 10);
    if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return value;
}

// Decimal or scientific, locale-free; "inf" and "nan" in any case; no leading '+', no hexadecimal.
inline std::optional<double> parse_double(std::string_view text) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return value;
}

// Cuts the next line off `rest`, without its line feed. False when nothing is left.
inline bool next_line(std::string_view& rest, std::string_view& line) {
    if (rest.empty()) return false;
    const auto end = rest.find('\n');
    line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return true;
}

// Cuts the next blank-separated word off `rest`; empty when nothing is left.
inline std::string_view next_word(std::string_view& rest) {
    std::size_t begin = 0;
    while (begin < rest.size() && is_blank(rest[begin])) ++begin;
    std::size_t end = begin;
    while (end < rest.size() && !is_blank(rest[end])) ++end;
    const std::string_view word = rest.substr(begin, end - begin);
    rest.remove_prefix(end);
    return word;
}

inline std::optional<std::uint64_t> next_u64(std::string_view& rest) {
    return parse_u64(next_word(rest));
}

}  // namespace homeostat
