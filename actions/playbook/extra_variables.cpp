#include "actions/playbook/extra_variables.hpp"

#include "actions/playbook/json.hpp"
#include "actions/playbook/loader.hpp"
#include "actions/playbook/utf8.hpp"
#include "actions/playbook/words.hpp"
#include "core/file.hpp"

namespace homeostat::playbook {
namespace {

Status add(Map& variables, std::string_view name, Value value) {
    if (!is_variable_name(name)) {
        return make_error(Errc::Invalid, "-e: '{}' cannot be the name of a variable", name);
    }
    variables.set(name, std::move(value));
    return Ok{};
}

Status add_json(Map& variables, std::string_view text, std::string_view origin) {
    auto value = parse_json(text);
    if (!value) return make_error(Errc::Parse, "-e {}: {}", origin, value.error().text);
    if (!value->is_map()) {
        return make_error(Errc::Parse, "-e {}: an object was expected, not {}", origin,
                          name_of(value->kind()));
    }
    for (const auto& [name, item] : value->map().entries()) {
        if (auto added = add(variables, name, item); !added) return added;
    }
    return Ok{};
}

Status add_words(Map& variables, const std::string& argument) {
    const auto words = split_words(argument);
    if (!words) return make_error(Errc::Parse, "-e {}: {}", argument, words.error().text);
    for (const Word& word : *words) {
        const auto equals = word.text.find('=');
        if (equals == std::string::npos) {
            return make_error(Errc::Parse, "-e: NAME=VALUE was expected, not '{}'", word.text);
        }
        auto added = add(variables, word.text.substr(0, equals),
                         to_valid_utf8(word.text.substr(equals + 1)));
        if (!added) return added;
    }
    return Ok{};
}

}  // namespace

Result<Map> read_extra_variables(const std::vector<std::string>& arguments) {
    Map variables;
    for (const std::string& argument : arguments) {
        Status added = Ok{};
        if (argument.starts_with('@')) {
            const auto text = read_file(argument.substr(1), kTextBytesMax);
            added = text ? add_json(variables, *text, argument) : Status(text.error());
        } else if (argument.starts_with('{')) {
            added = add_json(variables, argument, "JSON");
        } else {
            added = add_words(variables, argument);
        }
        if (!added) return added.error();
    }
    return variables;
}

}  // namespace homeostat::playbook
