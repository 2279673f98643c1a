// FixedString is text in a fixed array: it copies like an int and never allocates.
//
// Text that does not fit is cut at a UTF-8 boundary and `truncated()` says so, because the places
// that hold one (an incident, an error) would rather show most of a name than nothing.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace homeostat {

template <std::size_t Capacity>
class FixedString {
public:
    static_assert(Capacity > 0 && Capacity <= 0xFFFF);

    constexpr FixedString() = default;
    constexpr FixedString(std::string_view text) {
        assign(text);
    }  // NOLINT: converts like a string
    constexpr FixedString(const char* text) : FixedString(std::string_view(text)) {}  // NOLINT

    constexpr void assign(std::string_view text) {
        size_ = 0;
        truncated_ = false;
        append(text);
    }

    constexpr void append(std::string_view text) {
        std::size_t count = std::min(text.size(), Capacity - size_);
        if (count < text.size()) {
            truncated_ = true;
            while (count > 0 && is_continuation(text[count])) --count;
        }
        for (std::size_t i = 0; i < count; ++i) bytes_[size_ + i] = text[i];
        size_ = static_cast<std::uint16_t>(size_ + count);
        bytes_[size_] = '\0';
    }

    constexpr void clear() { assign({}); }

    [[nodiscard]] constexpr std::string_view view() const { return {bytes_, size_}; }
    [[nodiscard]] constexpr const char* c_str() const { return bytes_; }
    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
    [[nodiscard]] constexpr bool truncated() const { return truncated_; }
    static constexpr std::size_t capacity() { return Capacity; }

    constexpr operator std::string_view() const { return view(); }  // NOLINT: reads like a string

    // A second argument that is a view, a literal or another FixedString compares as text.
    friend constexpr bool operator==(const FixedString& a, const FixedString& b) {
        return a.view() == b.view();
    }
    friend constexpr auto operator<=>(const FixedString& a, const FixedString& b) {
        return a.view() <=> b.view();
    }
    friend constexpr bool operator==(const FixedString& a, std::string_view b) {
        return a.view() == b;
    }
    friend constexpr bool operator==(const FixedString& a, const char* b) {
        return a.view() == std::string_view(b);
    }

private:
    static constexpr bool is_continuation(char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
    }

    std::uint16_t size_ = 0;
    bool truncated_ = false;
    char bytes_[Capacity + 1] = {};
};

}  // namespace homeostat
