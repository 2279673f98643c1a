#include "agent/uplink/utf8.hpp"

#include "core/printable.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

std::string to_utf8(std::string_view text, std::size_t size_max) {
    std::string out;
    while (!text.empty()) {
        const std::size_t size = utf8_character_size(text);
        const std::string_view character = size == 0 ? kReplacement : text.substr(0, size);
        if (out.size() + character.size() > size_max) break;
        out.append(character);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out;
}

std::string to_printable(std::string_view text, std::size_t size_max) {
    std::string out(text.substr(0, size_max));
    for (char& c : out) {
        if (c < ' ' || c > '~') c = c == '\n' || c == '\t' || c == '\r' ? ' ' : '.';
    }
    return out;
}

}  // namespace homeostat
