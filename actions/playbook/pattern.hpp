// Patterns as Python's `re` means them, written for RE2.
//
// Both read the same text, and four things in it mean different things to them. Silently: so these
// are translated, and what cannot be is refused.
//   $           Python's also matches before a newline that ends the text. RE2 has no such place:
//               the pattern says that it asks (`asks_for_end`), and regex.cpp tries both.
//   \w \d \s    all letters, digits and blanks of Unicode in Python, of ASCII in RE2. Tables of
//               Unicode are large, so they are used only for a text that holds more than ASCII.
//   {,n}        {0,n} in Python, plain text in RE2.
//   [[:alpha:]] a set of these characters in Python, a class of letters in RE2: refused.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace homeostat::playbook {

enum class Letters : unsigned char { Ascii, Unicode };

struct Pattern {
    std::string text;           // for RE2
    bool asks_for_end = false;  // holds a '$'
};

// Whether RE2 then takes the pattern is RE2's to say.
Result<Pattern> python_pattern(std::string_view text, Letters letters);

}  // namespace homeostat::playbook
