#include <algorithm>
#include <array>
#include <string>

#include "actions/playbook/functions.hpp"
#include "actions/playbook/utf8.hpp"

// The methods of texts and mappings: `x.NAME(...)`.
namespace homeostat::playbook {
namespace {

using Inputs = Arguments;

Error wrong_subject(std::string_view method, std::string_view wanted, const Value& value) {
    return make_error(Errc::Invalid, "{}() is a method of {}, not of {}", method, wanted,
                      name_of(value.kind()));
}

// The argument as text; none counts as not given, as in Python's strip(None).
Result<std::optional<std::string>> text_input(std::string_view method, Inputs inputs,
                                              std::size_t index) {
    if (inputs.size() <= index || !inputs[index] || inputs[index]->is_none()) {
        return std::optional<std::string>();
    }
    if (!inputs[index]->is_text()) {
        return make_error(Errc::Invalid, "{}() needs text, not {}", method,
                          name_of(inputs[index]->kind()));
    }
    return std::optional<std::string>(inputs[index]->text());
}

Result<Value> method_split(const Value& value, Inputs inputs) {
    if (!value.is_text()) return wrong_subject("split", "text", value);
    const auto separator = text_input("split", inputs, 0);
    if (!separator) return separator.error();
    if (*separator && (*separator)->empty()) {
        return make_error(Errc::Invalid, "split() with an empty separator");
    }
    std::int64_t splits_max = -1;
    if (inputs.size() > 1 && inputs[1]) {
        if (!inputs[1]->is_int()) return make_error(Errc::Invalid, "split() needs a whole number");
        splits_max = inputs[1]->integer();
    }
    return Value(split_text(value.text(), *separator, splits_max));
}

Result<Value> method_splitlines(const Value& value, Inputs) {
    if (!value.is_text()) return wrong_subject("splitlines", "text", value);
    return Value(split_lines(value.text()));
}

Result<Value> strip(std::string_view name, const Value& value, Inputs inputs, bool left,
                    bool right) {
    if (!value.is_text()) return wrong_subject(name, "text", value);
    const auto characters = text_input(name, inputs, 0);
    if (!characters) return characters.error();
    const auto strips = [&](std::string_view c) {
        return *characters ? (*characters)->find(c) != std::string::npos
                           : is_space(next_utf8(c).character);
    };
    const auto all = split_characters(value.text());
    std::size_t begin = 0;
    std::size_t end = all.size();
    while (left && begin < end && strips(all[begin])) ++begin;
    while (right && end > begin && strips(all[end - 1])) --end;
    std::string text;
    for (std::size_t i = begin; i < end; ++i) text += all[i];
    return Value(std::move(text));
}

Result<Value> method_strip(const Value& value, Inputs inputs) {
    return strip("strip", value, inputs, true, true);
}
Result<Value> method_lstrip(const Value& value, Inputs inputs) {
    return strip("lstrip", value, inputs, true, false);
}
Result<Value> method_rstrip(const Value& value, Inputs inputs) {
    return strip("rstrip", value, inputs, false, true);
}

Result<Value> method_startswith(const Value& value, Inputs inputs) {
    if (!value.is_text()) return wrong_subject("startswith", "text", value);
    const auto prefix = text_input("startswith", inputs, 0);
    if (!prefix) return prefix.error();
    return Value(value.text().starts_with(prefix->value_or("")));
}
Result<Value> method_endswith(const Value& value, Inputs inputs) {
    if (!value.is_text()) return wrong_subject("endswith", "text", value);
    const auto suffix = text_input("endswith", inputs, 0);
    if (!suffix) return suffix.error();
    return Value(value.text().ends_with(suffix->value_or("")));
}

Result<Value> method_lower(const Value& value, Inputs) {
    if (!value.is_text()) return wrong_subject("lower", "text", value);
    return Value(to_lower(value.text()));
}
Result<Value> method_upper(const Value& value, Inputs) {
    if (!value.is_text()) return wrong_subject("upper", "text", value);
    return Value(to_upper(value.text()));
}

// An empty `old` stands between all characters, as in Python.
std::string replace_between(std::string_view text, std::string_view replacement) {
    std::string out(replacement);
    for (const std::string_view c : split_characters(text)) {
        out += c;
        out += replacement;
        if (out.size() > kTextBytesMax) break;
    }
    return out;
}

Result<Value> method_replace(const Value& value, Inputs inputs) {
    if (!value.is_text()) return wrong_subject("replace", "text", value);
    const auto old_text = text_input("replace", inputs, 0);
    if (!old_text) return old_text.error();
    const auto new_text = text_input("replace", inputs, 1);
    if (!new_text) return new_text.error();
    if (!*old_text || !*new_text) return make_error(Errc::Invalid, "replace() needs two texts");
    if ((*old_text)->empty()) return bounded_text(replace_between(value.text(), **new_text));
    std::string out;
    std::string_view rest = value.text();
    for (auto at = rest.find(**old_text); at != std::string_view::npos;
         at = rest.find(**old_text)) {
        out += rest.substr(0, at);
        out += **new_text;
        rest.remove_prefix(at + (*old_text)->size());
        if (out.size() > kTextBytesMax) break;
    }
    out += rest;
    return bounded_text(std::move(out));
}

Result<Value> method_get(const Value& value, Inputs inputs) {
    if (!value.is_map()) return wrong_subject("get", "mappings", value);
    const Value* found = inputs[0]->is_text() ? value.map().find(inputs[0]->text()) : nullptr;
    if (found != nullptr) return *found;
    return inputs.size() > 1 && inputs[1] ? *inputs[1] : Value();
}

Result<Value> method_keys(const Value& value, Inputs) {
    if (!value.is_map()) return wrong_subject("keys", "mappings", value);
    ValueList out;
    for (const auto& entry : value.map().entries()) out.emplace_back(entry.first);
    return Value(std::move(out));
}
Result<Value> method_values(const Value& value, Inputs) {
    if (!value.is_map()) return wrong_subject("values", "mappings", value);
    ValueList out;
    for (const auto& entry : value.map().entries()) out.push_back(entry.second);
    return Value(std::move(out));
}
Result<Value> method_items(const Value& value, Inputs) {
    if (!value.is_map()) return wrong_subject("items", "mappings", value);
    ValueList out;
    for (const auto& entry : value.map().entries()) {
        out.emplace_back(ValueList{entry.first, entry.second});
    }
    return Value(std::move(out));
}

constexpr std::array<MethodSpec, 14> kMethods{{
    {"split", method_split, 0, 2},
    {"splitlines", method_splitlines},
    {"strip", method_strip, 0, 1},
    {"lstrip", method_lstrip, 0, 1},
    {"rstrip", method_rstrip, 0, 1},
    {"startswith", method_startswith, 1, 1},
    {"endswith", method_endswith, 1, 1},
    {"lower", method_lower},
    {"upper", method_upper},
    {"replace", method_replace, 2, 2},
    {"get", method_get, 1, 2},
    {"keys", method_keys},
    {"values", method_values},
    {"items", method_items},
}};

}  // namespace

std::span<const MethodSpec> method_table() {
    return kMethods;
}

}  // namespace homeostat::playbook
