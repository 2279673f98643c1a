#include <algorithm>
#include <array>

#include "actions/playbook/filters.hpp"
#include "actions/playbook/json.hpp"
#include "actions/playbook/module.hpp"
#include "actions/playbook/path_text.hpp"
#include "core/nearest.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (auto word = next_word(text); !word.empty(); word = next_word(text)) words.push_back(word);
    return words;
}

Error expected(std::string_view wanted, const Value& got) {
    return make_error(Errc::Invalid, "{} was expected, not {}", wanted,
                      got.is_text() ? "'" + got.text() + "'" : std::string(name_of(got.kind())));
}

Result<Value> to_text_value(const Value& value) {
    if (value.is_text() || value.is_number()) return Value(to_str(value));
    return expected("text", value);
}

Result<Value> to_bool(const Value& value) {
    static constexpr std::array<std::string_view, 5> kTrue{"yes", "true", "on", "1", "y"};
    static constexpr std::array<std::string_view, 5> kFalse{"no", "false", "off", "0", "n"};
    if (value.is_bool()) return value;
    if (value.is_text() || value.is_int()) {
        std::string text = to_str(value);
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return Value(true);
        if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return Value(false);
    }
    return expected("yes or no", value);
}

Result<Value> to_int(const Value& value) {
    if (value.is_int()) return value;
    if (value.is_text()) {
        if (const auto number = read_int(value.text())) return Value(*number);
    }
    return expected("a whole number", value);
}

Result<Value> to_choice(const ParameterSpec& spec, const Value& value) {
    const auto choices = words_of(spec.choices);
    if (!value.is_text()) return expected(fmt::format("one of {}", spec.choices), value);
    if (std::find(choices.begin(), choices.end(), value.text()) != choices.end()) return value;
    return make_error(Errc::Invalid, "'{}' is not one of: {}{}", value.text(), spec.choices,
                      did_you_mean(value.text(), choices));
}

Result<Value> to_path(const Value& value, bool may_be_relative) {
    if (!value.is_text()) return expected("a path", value);
    auto path = normal_path(value.text(), may_be_relative);
    if (!path) return path.error();
    return Value(std::move(*path));
}

// Text only: the loader has turned an octal number of the file (0644) into text, refused any other
// (644 would be 01204), and a number that an expression gives means different things to different
// releases of Ansible.
// A number comes from a variable or a loop, where 0644 in the file has become 420: it is the mode
// itself. 644 that nobody wrote as octal is not (it would be 01204).
bool is_mode_without_quotes(std::int64_t number) {
    constexpr std::int64_t kSticky = 01000;
    return number >= kSticky && number <= 777 && number % 10 < 8 && number / 10 % 10 < 8;
}

Result<Value> to_mode(const Value& value) {
    constexpr std::uint64_t kModeMax = 07777;
    static constexpr std::string_view kWanted = "an octal mode in quotes such as \"0644\"";
    if (value.is_int() && value.integer() >= 0 && value.integer() <= std::int64_t{kModeMax} &&
        !is_mode_without_quotes(value.integer())) {
        return value;
    }
    if (!value.is_text()) return expected(kWanted, value);
    const auto mode = parse_u64(value.text(), 8);
    if (!mode || *mode > kModeMax) return expected(kWanted, value);
    return Value(static_cast<std::int64_t>(*mode));
}

// Each item converted by `convert`; those not yet known stay undefined.
template <typename Convert>
Result<Value> to_list(const Value& value, Convert convert) {
    ValueList in;
    if (value.is_list()) {
        in = value.list();
    } else if (value.is_text()) {
        in = split_text(value.text(), ",", -1);
    } else if (value.is_number()) {
        in.push_back(value);
    } else {
        return expected("a list", value);
    }
    ValueList out;
    for (const Value& item : in) {
        if (item.is_undefined()) {
            out.push_back(item);
            continue;
        }
        auto converted = convert(item);
        if (!converted) return converted;
        out.push_back(std::move(*converted));
    }
    return Value(std::move(out));
}

Result<Value> to_mapping(const Value& value) {
    if (!value.is_map()) return expected("a mapping", value);
    Map out;
    for (const auto& [key, item] : value.map().entries()) {
        if (item.is_list() || item.is_map()) return expected("a mapping from text to text", item);
        out.set(key, item);
    }
    return Value(std::move(out));
}

}  // namespace

Result<Value> convert_parameter(const ParameterSpec& spec, const Value& value) {
    if (value.is_undefined()) return value;
    switch (spec.type) {
        case ParameterType::Text: return to_text_value(value);
        case ParameterType::Content:
            if (value.is_list() || value.is_map()) return Value(python_json(value));
            return to_text_value(value);
        case ParameterType::Bool: return to_bool(value);
        case ParameterType::Int: return to_int(value);
        case ParameterType::Choice: return to_choice(spec, value);
        case ParameterType::Path: return to_path(value, false);
        case ParameterType::PathOrBelow: return to_path(value, true);
        case ParameterType::Mode: return to_mode(value);
        case ParameterType::TextList: return to_list(value, to_text_value);
        case ParameterType::PathList:
            return to_list(value, [](const Value& item) { return to_path(item, false); });
        case ParameterType::IntList: return to_list(value, to_int);
        case ParameterType::Argv:
            if (!value.is_list()) return expected("a list", value);
            return to_list(value, to_text_value);
        case ParameterType::Mapping: return to_mapping(value);
        case ParameterType::Any:
        case ParameterType::Expression:
        case ParameterType::Expressions: return value;
    }
    return value;
}

const ParameterSpec* find_parameter(std::span<const ParameterSpec> specs, std::string_view name) {
    for (const ParameterSpec& spec : specs) {
        const auto aliases = words_of(spec.aliases);
        if (spec.name == name || std::find(aliases.begin(), aliases.end(), name) != aliases.end()) {
            return &spec;
        }
    }
    return nullptr;
}

const Parameter* Parameters::find(std::string_view name) const {
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const Parameter& parameter) { return parameter.name == name; });
    return found == all.end() ? nullptr : &*found;
}

bool Parameters::knows(std::string_view name) const {
    const Parameter* parameter = find(name);
    return parameter != nullptr && !parameter->value.is_undefined();
}

std::string Parameters::text(std::string_view name, std::string_view fallback) const {
    return knows(name) ? to_str(find(name)->value) : std::string(fallback);
}

bool Parameters::flag(std::string_view name, bool fallback) const {
    return knows(name) ? is_true(find(name)->value) : fallback;
}

std::int64_t Parameters::integer(std::string_view name, std::int64_t fallback) const {
    return knows(name) && find(name)->value.is_int() ? find(name)->value.integer() : fallback;
}

std::vector<std::string> Parameters::texts(std::string_view name) const {
    std::vector<std::string> texts;
    if (!knows(name) || !find(name)->value.is_list()) return texts;
    for (const Value& item : find(name)->value.list()) {
        if (!item.is_undefined()) texts.push_back(to_str(item));
    }
    return texts;
}

ModuleResult failure(std::string_view message) {
    ModuleResult result;
    result.fields.set("failed", true);
    result.fields.set("changed", false);
    result.fields.set("msg", message);
    return result;
}

ModuleResult failure(const Error& error) {
    return failure(error.text.view());
}

ModuleResult denial(const Error& error) {
    ModuleResult result = failure(fmt::format("not allowed here: {}", error.text));
    result.denied = true;
    return result;
}

}  // namespace homeostat::playbook
