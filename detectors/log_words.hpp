// LogWords cuts one log line into words, and says which of them are values.
//
// "Took 1.03 seconds to destroy disk /var/lib/a1" is the sentence "Took <*> to destroy disk <*>".
// What is a value is told by its looks alone, with one set of rules for every program: it holds a
// digit, is a path, a dotted host name, a long hexadecimal number, part of a date, a quoted single
// word, or a name after "user". Neighbouring values, units of measure and parentheses that hold
// nothing but values melt into one value, so that "5 bytes" and "5002 bytes (4.9 KB)" read the
// same.
//
// Pure: no allocation, no state. Words point into the line; they are valid as long as it is.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/fixed_vector.hpp"

namespace homeostat {

enum class WordKind : std::uint8_t {
    Plain,  // letters: part of the sentence
    Soft,   // letters and something else: a name that may turn out to be a value
    Mark,   // one punctuation character
    Value,  // differs from line to line
};

struct LogWord {
    std::string_view text;  // empty for a value
    WordKind kind = WordKind::Plain;
    bool spaced = false;  // a blank stood before it
};

// A line of more words is cut: what comes so late tells events apart no more.
inline constexpr std::size_t kLogWordsMax = 64;
using LogWords = FixedVector<LogWord, kLogWordsMax>;

// Control characters count as blanks, bytes above 127 as letters. Any bytes are fine.
LogWords log_words(std::string_view line);

}  // namespace homeostat
