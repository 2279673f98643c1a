#include "actions/playbook/utf8.hpp"

#include <algorithm>

namespace homeostat {
namespace {

struct Lead {
    std::size_t size = 0;
    unsigned char second_min = 0x80;
    unsigned char second_max = 0xBF;
    unsigned char bits = 0;
};

// Table 3-7 of the Unicode standard: which second bytes a lead byte accepts.
Lead lead_of(unsigned char byte) {
    if (byte >= 0xC2 && byte <= 0xDF)
        return {2, 0x80, 0xBF, static_cast<unsigned char>(byte & 0x1FU)};
    if (byte >= 0xE0 && byte <= 0xEF) {
        const unsigned char min = byte == 0xE0 ? 0xA0 : 0x80;
        const unsigned char max = byte == 0xED ? 0x9F : 0xBF;  // no surrogates
        return {3, min, max, static_cast<unsigned char>(byte & 0x0FU)};
    }
    if (byte >= 0xF0 && byte <= 0xF4) {
        const unsigned char min = byte == 0xF0 ? 0x90 : 0x80;
        const unsigned char max = byte == 0xF4 ? 0x8F : 0xBF;
        return {4, min, max, static_cast<unsigned char>(byte & 0x07U)};
    }
    return {};
}

// Letters whose capital stands a fixed distance before them.
struct CaseRange {
    char32_t lower_first;
    char32_t lower_last;
    char32_t distance;
};
constexpr CaseRange kCaseRanges[] = {
    {'a', 'z', 32},     {0xE0, 0xF6, 32},   {0xF8, 0xFE, 32},   {0x3B1, 0x3C1, 32},
    {0x3C3, 0x3CB, 32}, {0x430, 0x44F, 32}, {0x450, 0x45F, 80},
};

// Latin Extended-A: capital and small letter take turns.
bool is_paired(char32_t c) {
    return (c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177);
}
// In these ranges of it the capital is the odd one.
bool is_paired_oddly(char32_t c) {
    return (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
}

template <typename Change>
std::string map_characters(std::string_view text, Change change) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Utf8Step step = next_utf8(text);
        append_utf8(out, change(step.character));
        text.remove_prefix(step.size);
    }
    return out;
}

}  // namespace

std::string to_lower(std::string_view text) {
    return map_characters(text, [](char32_t c) {
        for (const CaseRange& range : kCaseRanges) {
            if (c + range.distance >= range.lower_first && c + range.distance <= range.lower_last &&
                c < range.lower_first) {
                return c + range.distance;
            }
        }
        if (is_paired_oddly(c)) return c + (c & 1U);
        return is_paired(c) ? c | 1U : c;
    });
}

std::string to_upper(std::string_view text) {
    return map_characters(text, [](char32_t c) {
        for (const CaseRange& range : kCaseRanges) {
            if (c >= range.lower_first && c <= range.lower_last) return c - range.distance;
        }
        if (is_paired_oddly(c)) return c - (1 - (c & 1U));
        return is_paired(c) ? c & ~char32_t{1} : c;
    });
}

Utf8Step next_utf8(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return {first, 1, true};
    const Lead lead = lead_of(first);
    if (lead.size == 0) return {};
    char32_t character = lead.bits;
    for (std::size_t i = 1; i < lead.size; ++i) {
        const auto byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
        const unsigned min = i == 1 ? lead.second_min : 0x80U;
        const unsigned max = i == 1 ? lead.second_max : 0xBFU;
        if (byte < min || byte > max) return {0xFFFD, i, false};
        character = (character << 6U) | (byte & 0x3FU);
    }
    return {character, lead.size, true};
}

void append_utf8(std::string& text, char32_t c) {
    const auto put = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0U | (c >> 6U));
        put(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        put(0xE0U | (c >> 12U));
        put(0x80U | ((c >> 6U) & 0x3FU));
        put(0x80U | (c & 0x3FU));
    } else {
        put(0xF0U | (c >> 18U));
        put(0x80U | ((c >> 12U) & 0x3FU));
        put(0x80U | ((c >> 6U) & 0x3FU));
        put(0x80U | (c & 0x3FU));
    }
}

std::size_t find_invalid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const Utf8Step step = next_utf8(text.substr(at));
        if (!step.valid) return at;
        at += step.size;
    }
    return std::string_view::npos;
}

std::string to_valid_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const Utf8Step step = next_utf8(bytes);
        append_utf8(text, step.character);
        bytes.remove_prefix(step.size);
    }
    return text;
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

std::vector<std::string_view> split_characters(std::string_view text) {
    std::vector<std::string_view> characters;
    characters.reserve(text.size());
    while (!text.empty()) {
        const std::size_t size = next_utf8(text).size;
        characters.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return characters;
}

bool is_space(char32_t c) {
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

}  // namespace homeostat
