#include "actions/playbook/functions.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "actions/playbook/filters.hpp"
#include "actions/playbook/utf8.hpp"
#include "core/nearest.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

template <typename Row>
const Row* find_row(std::span<const Row> table, std::string_view name) {
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const Row& row) { return row.name == name; });
    return found == table.end() ? nullptr : &*found;
}

template <typename Row>
std::vector<std::string_view> names_of(std::span<const Row> table) {
    std::vector<std::string_view> names;
    for (const Row& row : table) names.push_back(row.name);
    return names;
}

Value missing(const Value& container, const Value& key) {
    return Value::undefined(fmt::format("{} has no {}", name_of(container.kind()), to_repr(key)));
}

Value element_at(const Value& container, std::int64_t index) {
    const bool is_list = container.is_list();
    const auto characters =
        is_list ? std::vector<std::string_view>{} : split_characters(container.text());
    const auto size =
        static_cast<std::int64_t>(is_list ? container.list().size() : characters.size());
    if (index < -size || index >= size) return missing(container, Value(index));
    const auto place = static_cast<std::size_t>(index < 0 ? index + size : index);
    return is_list ? container.list()[place] : Value(characters[place]);
}

// Where one of Python's line ends begins at `at`: how long it is, or 0.
std::size_t line_end_size(std::string_view text, const Utf8Step& step) {
    const char32_t c = step.character;
    if (c == '\r' && text.size() > 1 && text[1] == '\n') return 2;
    const bool ends = (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 ||
                      c == 0x2028 || c == 0x2029;
    return ends ? step.size : 0;
}

ValueList split_at_spaces(std::string_view text, std::int64_t splits_max) {
    ValueList words;
    const auto skip_spaces = [&] {
        while (!text.empty() && is_space(next_utf8(text).character)) {
            text.remove_prefix(next_utf8(text).size);
        }
    };
    skip_spaces();
    while (!text.empty() && splits_max != 0) {
        std::size_t size = 0;
        while (size < text.size() && !is_space(next_utf8(text.substr(size)).character)) {
            size += next_utf8(text.substr(size)).size;
        }
        words.emplace_back(text.substr(0, size));
        text.remove_prefix(size);
        skip_spaces();
        --splits_max;
    }
    if (!text.empty()) words.emplace_back(text);
    return words;
}

}  // namespace

const FilterSpec* find_filter(std::string_view name) {
    return find_row(filter_table(), name);
}
const TestSpec* find_test(std::string_view name) {
    return find_row(test_table(), name);
}
const MethodSpec* find_method(std::string_view name) {
    return find_row(method_table(), name);
}

std::string filter_hint(std::string_view name) {
    return did_you_mean(name, names_of(filter_table()));
}
std::string test_hint(std::string_view name) {
    return did_you_mean(name, names_of(test_table()));
}

std::span<const FilterSpec> filter_table() {
    static const std::vector<FilterSpec> table = [] {
        std::vector<FilterSpec> all(scalar_filters().begin(), scalar_filters().end());
        all.insert(all.end(), list_filters().begin(), list_filters().end());
        return all;
    }();
    return table;
}

Result<Value> apply_filter(const FilterSpec& filter, const Value& subject, Arguments arguments,
                           const InnerCall& inner) {
    if (subject.is_undefined() && !filter.takes_undefined) {
        return make_error(Errc::NotFound, "{}", subject.why_undefined());
    }
    // Rows may be called with fewer arguments than parameters: by map('name').
    std::vector<std::optional<Value>> places(arguments.begin(), arguments.end());
    places.resize(std::max(places.size(), kParametersMax));
    return filter.apply(subject, places, inner);
}

Result<bool> apply_test(const TestSpec& test, const Value& subject, Arguments arguments) {
    if (subject.is_undefined() && !test.takes_undefined) {
        return make_error(Errc::NotFound, "{}", subject.why_undefined());
    }
    return test.holds(subject, arguments);
}

Result<ValueList> items_of(const Value& value) {
    if (value.is_list()) return value.list();
    ValueList items;
    if (value.is_map()) {
        for (const auto& entry : value.map().entries()) items.emplace_back(entry.first);
    } else if (value.is_text()) {
        for (const std::string_view c : split_characters(value.text())) items.emplace_back(c);
    } else {
        return make_error(value.is_undefined() ? Errc::NotFound : Errc::Invalid,
                          "a list is needed, not {}", name_of(value.kind()));
    }
    return items;
}

Value element_of(const Value& value, const Value& key) {
    if (value.is_map() && key.is_text()) {
        const Value* found = value.map().find(key.text());
        return found == nullptr ? missing(value, key) : *found;
    }
    if ((value.is_list() || value.is_text()) && (key.is_int() || key.is_bool())) {
        return element_at(value, key.is_bool() ? key.boolean() : key.integer());
    }
    return missing(value, key);
}

Value attribute_of(const Value& value, std::string_view path) {
    Value at = value;
    while (true) {
        const auto dot = path.find('.');
        const std::string_view name = path.substr(0, dot);
        const auto index = parse_u64(name);
        const bool by_index = index && *index < kItemsMax && !at.is_map();
        at = element_of(at, by_index ? Value(static_cast<std::int64_t>(*index)) : Value(name));
        if (dot == std::string_view::npos || at.is_undefined()) return at;
        path.remove_prefix(dot + 1);
    }
}

Result<Value> bounded_text(std::string text) {
    if (text.size() > kTextBytesMax) {
        return make_error(Errc::Limit, "a text grew beyond {} bytes", kTextBytesMax);
    }
    return Value(std::move(text));
}

ValueList split_text(std::string_view text, const std::optional<std::string>& separator,
                     std::int64_t splits_max) {
    if (!separator) return split_at_spaces(text, splits_max);
    ValueList parts;
    for (auto at = text.find(*separator); at != std::string_view::npos && splits_max != 0;
         at = text.find(*separator)) {
        parts.emplace_back(text.substr(0, at));
        text.remove_prefix(at + separator->size());
        --splits_max;
    }
    parts.emplace_back(text);
    return parts;
}

ValueList split_lines(std::string_view text) {
    ValueList lines;
    std::size_t begin = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        const Utf8Step step = next_utf8(text.substr(at));
        const std::size_t end = line_end_size(text.substr(at), step);
        if (end > 0) {
            lines.emplace_back(text.substr(begin, at - begin));
            begin = at + end;
        }
        at += end > 0 ? end : step.size;
    }
    if (begin < text.size()) lines.emplace_back(text.substr(begin));
    return lines;
}

}  // namespace homeostat::playbook
