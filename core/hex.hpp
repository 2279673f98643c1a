// Bytes as hexadecimal text and back, for small files of ours that must hold any bytes on one line.
#pragma once

#include <string>
#include <string_view>

namespace homeostat {

// "-" for no bytes, so that it is always one word.
std::string to_hex(std::string_view bytes);

// False for what to_hex has not written.
bool from_hex(std::string_view text, std::string& out);

}  // namespace homeostat
