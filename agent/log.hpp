// Log writes one line per call to a descriptor, whole, from any thread, allocating nothing.
//
// Under systemd lines carry their priority as `<N>` (sd-daemon(3)); on a terminal they do not.
#pragma once

#include <cstdint>

#include "core/format.hpp"

namespace homeostat {

enum class LogLevel : std::uint8_t { Error = 3, Warning = 4, Notice = 5, Info = 6 };

class Log {
public:
    // `descriptor` is borrowed.
    Log(int descriptor, bool with_priority) : descriptor_(descriptor), priority_(with_priority) {}

    template <typename... Args>
    void write(LogLevel level, fmt::format_string<Args...> format, Args&&... args) const {
        FixedString<1023> text;
        if (priority_) format_into(text, "<{}>", static_cast<int>(level));
        format_into(text, format, std::forward<Args>(args)...);
        put(text);
    }

private:
    void put(const FixedString<1023>& text) const;

    int descriptor_;
    bool priority_;
};

}  // namespace homeostat
