// UTF-8 as a playbook needs it: Python counts characters, programs print bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace homeostat {

// One character and how many bytes it took; `valid` false for a broken sequence, whose length then
// is what one U+FFFD stands for (the longest prefix of a character, as Unicode 3.9 recommends).
struct Utf8Step {
    char32_t character = 0xFFFD;
    std::size_t size = 1;
    bool valid = false;
};

// REQUIRES: !text.empty().
Utf8Step next_utf8(std::string_view text);

void append_utf8(std::string& text, char32_t character);

// The offset of the first byte that is not UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

// Broken bytes become U+FFFD.
std::string to_valid_utf8(std::string_view bytes);

std::size_t count_characters(std::string_view text);

// One view into `text` per character.
std::vector<std::string_view> split_characters(std::string_view text);

// Python's str.isspace for one character.
bool is_space(char32_t character);

// Upper and lower case of Latin, Greek and Cyrillic letters that have one of each; the rest stays.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

}  // namespace homeostat
