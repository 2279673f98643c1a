// Formatting into fixed memory. fmt checks the format string at compile time.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "core/fixed_string.hpp"

template <std::size_t Capacity>
struct fmt::formatter<homeostat::FixedString<Capacity>> : fmt::formatter<std::string_view> {
    template <typename Context>
    auto format(const homeostat::FixedString<Capacity>& text, Context& context) const {
        return fmt::formatter<std::string_view>::format(text.view(), context);
    }
};

namespace homeostat {

// Appends the formatted text; what does not fit is cut and marked. Allocates nothing.
template <std::size_t Capacity, typename... Args>
void format_into(FixedString<Capacity>& out, fmt::format_string<Args...> format, Args&&... args) {
    char buffer[Capacity + 1];
    const auto end = fmt::format_to_n(buffer, Capacity + 1, format, std::forward<Args>(args)...);
    out.append({buffer, end.size < sizeof buffer ? end.size : sizeof buffer});
}

// The C library's words for an errno value, for example "No such file or directory".
std::string_view errno_text(int error_number);

}  // namespace homeostat
