#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "actions/playbook/filters.hpp"
#include "actions/playbook/json.hpp"
#include "actions/playbook/regex.hpp"
#include "actions/playbook/utf8.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

using Inputs = Arguments;

Error wrong(std::string_view filter, std::string_view wanted, const Value& got) {
    return make_error(Errc::Invalid, "{} needs {}, not {}", filter, wanted, name_of(got.kind()));
}

Result<Value> filter_abs(const Value& value, Inputs, const InnerCall&) {
    if (value.is_float()) return Value(std::fabs(value.number()));
    if (!value.is_number()) return wrong("abs", "a number", value);
    const std::int64_t whole = value.is_bool() ? value.boolean() : value.integer();
    if (whole == INT64_MIN) return make_error(Errc::Limit, "a number grew beyond 64 bits");
    return Value(whole < 0 ? -whole : whole);
}

Result<Value> filter_basename(const Value& value, Inputs, const InnerCall&) {
    if (!value.is_text()) return wrong("basename", "text", value);
    const std::string& path = value.text();
    return Value(path.substr(path.rfind('/') + 1));
}

Result<Value> filter_dirname(const Value& value, Inputs, const InnerCall&) {
    if (!value.is_text()) return wrong("dirname", "text", value);
    std::string head = value.text().substr(0, value.text().rfind('/') + 1);
    if (head.find_first_not_of('/') != std::string::npos) {
        while (head.ends_with('/')) head.pop_back();
    }
    return Value(std::move(head));
}

Result<Value> filter_bool(const Value& value, Inputs, const InnerCall&) {
    if (value.is_number()) return Value(value.number() == 1);
    if (!value.is_text()) return Value(false);
    const std::string text = to_lower(value.text());
    return Value(text == "yes" || text == "on" || text == "1" || text == "true");
}

// The one filter that undefined values are for.
Result<Value> filter_default(const Value& value, Inputs inputs, const InnerCall&) {
    const bool blank_too = inputs[1] && is_true(*inputs[1]);
    if (!value.is_undefined() && !(blank_too && !is_true(value))) return value;
    return inputs[0] ? *inputs[0] : Value("");
}

Result<Value> filter_float(const Value& value, Inputs inputs, const InnerCall&) {
    if (value.is_number()) return Value(value.number());
    const auto number = value.is_text() ? read_float(value.text()) : std::nullopt;
    if (number) return Value(*number);
    return inputs[0] ? *inputs[0] : Value(0.0);
}

Result<Value> filter_int(const Value& value, Inputs inputs, const InnerCall&) {
    if (value.is_int()) return value;
    if (value.is_bool()) return Value(static_cast<std::int64_t>(value.boolean()));
    std::optional<double> number;
    if (value.is_float()) number = value.number();
    if (value.is_text()) {
        if (const auto whole = read_int(value.text())) return Value(*whole);
        number = read_float(value.text());
    }
    if (!number || std::isnan(*number)) return inputs[0] ? *inputs[0] : Value(0);
    if (std::fabs(*number) >= 9.2e18) {
        return make_error(Errc::Limit, "{} does not fit into 64 bits", to_str(value));
    }
    return Value(static_cast<std::int64_t>(*number));
}

Result<Value> filter_from_json(const Value& value, Inputs, const InnerCall&) {
    if (!value.is_text()) return wrong("from_json", "text", value);
    return parse_json(value.text());
}

Result<Value> filter_to_json(const Value& value, Inputs, const InnerCall&) {
    if (auto defined = require_defined(value); !defined) return defined.error();
    return bounded_text(python_json(value));
}

Result<Value> filter_lower(const Value& value, Inputs, const InnerCall&) {
    return Value(to_lower(to_str(value)));
}

Result<Value> filter_upper(const Value& value, Inputs, const InnerCall&) {
    return Value(to_upper(to_str(value)));
}

Result<Value> filter_quote(const Value& value, Inputs, const InnerCall&) {
    return bounded_text(quote_for_shell(value.is_none() ? "" : to_str(value)));
}

Result<Value> filter_regex_replace(const Value& value, Inputs inputs, const InnerCall&) {
    auto replaced = replace_all(to_str(value), to_str(*inputs[0]), to_str(*inputs[1]));
    if (!replaced) return replaced.error();
    return Value(std::move(*replaced));
}

Result<Value> filter_regex_search(const Value& value, Inputs inputs, const InnerCall&) {
    auto found = find_match(to_str(value), to_str(*inputs[0]));
    if (!found) return found.error();
    return *found ? Value(std::move(**found)) : Value();
}

Result<Value> filter_replace(const Value& value, Inputs inputs, const InnerCall&) {
    const MethodSpec* replace = find_method("replace");
    const std::array<std::optional<Value>, 2> texts{Value(to_str(*inputs[0])),
                                                    Value(to_str(*inputs[1]))};
    return replace->apply(Value(to_str(value)), texts);
}

// Python's round(): halves go to the even neighbour, and the decimal digits are exact.
double round_decimal(double value, int digits) {
    if (!std::isfinite(value) || digits > 15) return value;
    if (digits < 0) {
        const double unit = std::pow(10.0, -digits);
        return std::nearbyint(value / unit) * unit;
    }
    return read_float(fmt::format("{:.{}f}", value, digits)).value_or(value);
}

Result<Value> filter_round(const Value& value, Inputs inputs, const InnerCall&) {
    if (!value.is_number()) return wrong("round", "a number", value);
    const Value digits = inputs[0].value_or(Value(0));
    const std::string method = inputs[1] ? to_str(*inputs[1]) : "common";
    if (!digits.is_int() || std::abs(digits.integer()) > 18) {
        return make_error(Errc::Invalid, "round needs a small whole number of digits");
    }
    const int places = static_cast<int>(digits.integer());
    if (method == "common") {
        if (value.is_float()) return Value(round_decimal(value.number(), places));
        const std::int64_t whole = value.is_bool() ? value.boolean() : value.integer();
        if (places >= 0) return Value(whole);
        return Value(static_cast<std::int64_t>(round_decimal(static_cast<double>(whole), places)));
    }
    if (method != "ceil" && method != "floor") {
        return make_error(Errc::Invalid, "round knows common, ceil and floor, not '{}'", method);
    }
    const double unit = std::pow(10.0, places);
    const double scaled = value.number() * unit;
    return Value((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / unit);
}

Result<Value> filter_split(const Value& value, Inputs inputs, const InnerCall&) {
    return find_method("split")->apply(value, inputs.subspan(0, inputs[0] ? 1 : 0));
}

Result<Value> filter_string(const Value& value, Inputs, const InnerCall&) {
    return bounded_text(to_str(value));
}

Result<Value> filter_ternary(const Value& value, Inputs inputs, const InnerCall&) {
    return is_true(value) ? *inputs[0] : *inputs[1];
}

Result<Value> filter_trim(const Value& value, Inputs, const InnerCall&) {
    return find_method("strip")->apply(Value(to_str(value)), {});
}

constexpr std::array<FilterSpec, 21> kFilters{{
    {"abs", filter_abs},
    {"basename", filter_basename},
    {"bool", filter_bool},
    {"d", filter_default, 0, 2, {"default_value", "boolean"}, Inner::None, true},
    {"default", filter_default, 0, 2, {"default_value", "boolean"}, Inner::None, true},
    {"dirname", filter_dirname},
    {"float", filter_float, 0, 1, {"default"}},
    {"from_json", filter_from_json},
    {"int", filter_int, 0, 1, {"default"}},
    {"lower", filter_lower},
    {"quote", filter_quote},
    {"regex_replace",
     filter_regex_replace,
     2,
     2,
     {"pattern", "replacement"},
     Inner::None,
     false,
     true},
    {"regex_search", filter_regex_search, 1, 1, {"regex"}, Inner::None, false, true},
    {"replace", filter_replace, 2, 2, {"old", "new"}},
    {"round", filter_round, 0, 2, {"precision", "method"}},
    {"split", filter_split, 0, 1},
    {"string", filter_string},
    {"ternary", filter_ternary, 2, 2, {"true_val", "false_val"}},
    {"to_json", filter_to_json},
    {"trim", filter_trim},
    {"upper", filter_upper},
}};

}  // namespace

std::span<const FilterSpec> scalar_filters() {
    return kFilters;
}

std::optional<std::int64_t> read_int(std::string_view text) {
    text = trim(text);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    std::string digits = negative ? "-" : "";
    bool after_digit = false;
    for (const char c : text) {
        if (c == '_' && !after_digit) return std::nullopt;
        if (c != '_' && (c < '0' || c > '9')) return std::nullopt;
        after_digit = c != '_';
        if (after_digit) digits += c;
    }
    return after_digit ? parse_i64(digits) : std::nullopt;
}

std::optional<double> read_float(std::string_view text) {
    text = trim(text);
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    return parse_double(text);
}

std::string quote_for_shell(std::string_view text) {
    static constexpr std::string_view kSafe = "_@%+=:,./-";
    const bool safe = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kSafe.find(c) != std::string_view::npos;
    });
    if (safe) return std::string(text);
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'') {
            quoted += "'\"'\"'";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

}  // namespace homeostat::playbook
