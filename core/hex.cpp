#include "core/hex.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 15U];
    }
    return out.empty() ? "-" : out;
}

bool from_hex(std::string_view text, std::string& out) {
    out.clear();
    if (text == "-") return true;
    if (text.size() % 2 != 0 || text.empty()) return false;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto high = kDigits.find(text[i]);
        const auto low = kDigits.find(text[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return false;
        out += static_cast<char>(high * 16 + low);
    }
    return true;
}

}  // namespace homeostat
