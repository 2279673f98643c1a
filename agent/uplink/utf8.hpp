// Text that leaves the host is UTF-8 (RFC 3629), whatever the kernel called a thing.
#pragma once

#include <string>
#include <string_view>

namespace homeostat {

// The text with every byte that is not part of a well-formed sequence replaced by U+FFFD. Never
// longer than `size_max` bytes; what is cut is cut between characters.
std::string to_utf8(std::string_view text, std::size_t size_max = std::string::npos);

// At most `size_max` bytes of it that are safe to show on a terminal and in a log: control
// characters and bytes beyond ASCII become '.', and it is one line. For what servers say.
std::string to_printable(std::string_view text, std::size_t size_max);

}  // namespace homeostat
