#include "actions/playbook/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>

namespace homeostat {
namespace {

using Kind = YamlNode::Kind;

constexpr std::string_view kTooLarge = "a number beyond 64 bits: write it in quotes";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_digit_or_bar(char c) {
    return is_digit(c) || c == '_';
}

// Cuts off the leading characters that satisfy `test` and says how many they were.
template <typename Test>
std::size_t skip(std::string_view& text, Test test) {
    std::size_t count = 0;
    while (count < text.size() && test(text[count])) ++count;
    text.remove_prefix(count);
    return count;
}

bool skip_one(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

std::string without_bars(std::string_view text) {
    std::string digits(text);
    digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
    return digits;
}

bool resolve_bool(std::string_view text, YamlScalar& scalar) {
    static constexpr std::array<std::string_view, 9> kTrue{"yes",  "Yes", "YES", "true", "True",
                                                           "TRUE", "on",  "On",  "ON"};
    static constexpr std::array<std::string_view, 9> kFalse{"no",    "No",  "NO",  "false", "False",
                                                            "FALSE", "off", "Off", "OFF"};
    scalar.boolean = std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end();
    if (!scalar.boolean && std::find(kFalse.begin(), kFalse.end(), text) == kFalse.end()) {
        return false;
    }
    scalar.kind = Kind::Bool;
    return true;
}

void set_integer(YamlScalar& scalar, bool negative, std::string_view digits, int base) {
    const std::string plain = (negative ? "-" : "") + without_bars(digits);
    const char* end = plain.data() + plain.size();
    const auto [stop, error] = std::from_chars(plain.data(), end, scalar.integer, base);
    scalar.kind = Kind::Int;
    if (error == std::errc::result_out_of_range) scalar.refusal = kTooLarge;
    if (error == std::errc::invalid_argument || (error == std::errc{} && stop != end)) {
        scalar.refusal = "a number without digits: write it in quotes";
    }
}

template <typename Test>
bool all_of(std::string_view text, Test test) {
    return !text.empty() && std::all_of(text.begin(), text.end(), test);
}

bool resolve_integer(std::string_view text, YamlScalar& scalar) {
    const bool negative = text[0] == '-';
    skip_one(text, "+-");
    const auto is_octal = [](char c) { return (c >= '0' && c <= '7') || c == '_'; };
    const auto is_hex = [](char c) {
        return is_digit_or_bar(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    const auto is_binary = [](char c) { return c == '0' || c == '1' || c == '_'; };
    const std::string_view rest = text.substr(std::min<std::size_t>(2, text.size()));
    if (text.starts_with("0b") && all_of(rest, is_binary)) {
        set_integer(scalar, negative, rest, 2);
    } else if (text.starts_with("0x") && all_of(rest, is_hex)) {
        set_integer(scalar, negative, rest, 16);
    } else if (text.starts_with("0") && all_of(text, is_octal)) {
        set_integer(scalar, negative, text, 8);
    } else if (!text.empty() && text[0] >= '1' && text[0] <= '9' && all_of(text, is_digit_or_bar)) {
        set_integer(scalar, negative, text, 10);
    } else {
        return false;
    }
    return true;
}

// 1:30 and 12:30:45.5 are numbers in YAML 1.1, which surprises everybody.
bool is_base_60(std::string_view text) {
    skip_one(text, "+-");
    if (text.empty() || !is_digit(text[0])) return false;
    const bool begins_with_zero = text[0] == '0';
    skip(text, is_digit_or_bar);
    std::size_t groups = 0;
    while (skip_one(text, ":")) {
        const std::string_view group = text;
        const std::size_t digits = skip(text, is_digit);
        if (digits == 0 || digits > 2 || (digits == 2 && group[0] > '5')) return false;
        ++groups;
    }
    if (groups == 0) return false;
    if (text.empty()) return !begins_with_zero;
    return skip_one(text, ".") && (text.empty() || all_of(text, is_digit_or_bar));
}

bool resolve_special_float(std::string_view text, YamlScalar& scalar) {
    const bool negative = text[0] == '-';
    std::string_view unsigned_text = text;
    skip_one(unsigned_text, "+-");
    if (unsigned_text == ".inf" || unsigned_text == ".Inf" || unsigned_text == ".INF") {
        scalar.number = std::numeric_limits<double>::infinity() * (negative ? -1 : 1);
    } else if (text == ".nan" || text == ".NaN" || text == ".NAN") {
        scalar.number = std::numeric_limits<double>::quiet_NaN();
    } else {
        return false;
    }
    scalar.kind = Kind::Float;
    return true;
}

// 1.5, 1., .5 and 1.5e+3; but 1e3 and 1.5e3 are text: PyYAML wants the dot and the sign.
bool resolve_float(std::string_view text, YamlScalar& scalar) {
    if (resolve_special_float(text, scalar)) return true;
    const std::string plain = without_bars(text);
    const bool has_sign = skip_one(text, "+-");
    const bool has_whole = !text.empty() && is_digit(text[0]) && skip(text, is_digit_or_bar) > 0;
    if (!skip_one(text, ".")) return false;
    if (!has_whole && (has_sign || text.empty() || !is_digit(text[0]))) return false;
    skip(text, is_digit_or_bar);
    if (skip_one(text, "eE") && (!skip_one(text, "+-") || skip(text, is_digit) == 0)) return false;
    if (!text.empty()) return false;
    const char* begin = plain.data() + (plain[0] == '+' ? 1 : 0);
    const auto result = std::from_chars(begin, plain.data() + plain.size(), scalar.number);
    if (result.ec == std::errc::result_out_of_range) scalar.refusal = kTooLarge;
    scalar.kind = Kind::Float;
    return true;
}

// 2026-11-20, and 2026-11-20 12:00:00 with whatever follows.
bool is_date(std::string_view text) {
    if (skip(text, is_digit) != 4 || !skip_one(text, "-")) return false;
    const std::size_t month = skip(text, is_digit);
    if (month == 0 || month > 2 || !skip_one(text, "-")) return false;
    const std::size_t day = skip(text, is_digit);
    if (day == 0 || day > 2) return false;
    if (text.empty()) return month == 2 && day == 2;
    if (!skip_one(text, "Tt") && skip(text, [](char c) { return c == ' ' || c == '\t'; }) == 0) {
        return false;
    }
    const std::size_t hour = skip(text, is_digit);
    return (hour == 1 || hour == 2) && skip_one(text, ":") && skip(text, is_digit) == 2 &&
           skip_one(text, ":") && skip(text, is_digit) == 2;
}

}  // namespace

YamlScalar resolve_plain_scalar(std::string_view text) {
    YamlScalar scalar;
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
        scalar.kind = Kind::Null;
    } else if (text == "<<" || text == "=") {
        scalar.refusal = "'<<' and '=' mean something special in YAML: write them in quotes";
    } else if (is_base_60(text)) {
        scalar.refusal = "a base-60 number in YAML 1.1: write it in quotes";
    } else if (is_date(text)) {
        scalar.refusal = "a date in YAML 1.1: write it in quotes";
    } else if (!resolve_bool(text, scalar) && !resolve_integer(text, scalar)) {
        resolve_float(text, scalar);
    }
    return scalar;
}

}  // namespace homeostat
