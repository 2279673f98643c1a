// Text from anybody, made safe for a terminal and a log.
//
// Names of processes, mounts, files and units, and what commands and servers say, are chosen by
// whoever can make one. On their way to a person they lose whatever could forge a line, colour or
// reorder it, or talk to the terminal: C0 and C1 control characters, DEL, the bidirectional
// controls and line separators of Unicode (trojansource.codes), and bytes that are not UTF-8
// (RFC 3629). Each byte of them becomes '?', so the length stays.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace homeostat {

enum class Lines {
    One,   // a line break is a forgery too
    Many,  // line feeds and tabs are meant
};

// In place: allocates nothing.
void make_printable(std::span<char> text, Lines lines = Lines::One);

std::string printable(std::string_view text, Lines lines = Lines::One);

// JSON text in which all of the above that is well-formed is written as \uXXXX: the same value to a
// program, and harmless to a person who looks at it.
std::string printable_json(std::string_view json);

// Bytes of the well-formed UTF-8 character at the beginning of `text`; 0 when there is none.
std::size_t utf8_character_size(std::string_view text);

}  // namespace homeostat
