// Formatting into fixed memory. fmt checks the format string at compile time.
//
// Includes only fmt's core: its templates are compiled once, in the library of cmake/fmt.cpp. A
// file that needs fmt::join or formats into another kind of output includes <fmt/format.h> itself.
#pragma once

#include <fmt/core.h>

#include <string_view>
#include <utility>

#include "core/fixed_string.hpp"

namespace homeostat {

// fmt finds this by its argument and formats a FixedString as the text that it holds.
template <std::size_t Capacity>
fmt::string_view to_string_view(const FixedString<Capacity>& text) {
    return {text.view().data(), text.view().size()};
}

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
