// The functions of expressions: filters, tests and methods, each a row of a table.
//
// Adding one is a function and a row. All are pure and bounded.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "actions/playbook/value.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

// Arguments in the order of the specification's parameters; nothing where none was given.
using Arguments = std::span<const std::optional<Value>>;

// What `map`, `select` and the like call for each item.
struct InnerCall {
    const struct FilterSpec* filter = nullptr;
    const struct TestSpec* test = nullptr;
    Arguments arguments;
};

enum class Inner : std::uint8_t { None, Filter, Test };

inline constexpr std::size_t kParametersMax = 3;

struct FilterSpec {
    std::string_view name;
    Result<Value> (*apply)(const Value& subject, Arguments arguments, const InnerCall& inner);
    std::size_t required = 0;
    std::size_t positional_max = 0;  // the rest are given by name only
    std::string_view parameters[kParametersMax] = {};
    Inner inner = Inner::None;     // takes the name of a filter or test behind its parameters
    bool takes_undefined = false;  // the subject and the arguments may be undefined
    bool has_pattern = false;      // the first argument is a regular expression
};

struct TestSpec {
    std::string_view name;
    Result<bool> (*holds)(const Value& subject, Arguments arguments);
    std::size_t arguments = 0;  // exactly
    bool takes_undefined = false;
    bool has_pattern = false;
    bool only_quoted = false;  // "==": can be named in select('==') only
};

struct MethodSpec {
    std::string_view name;
    Result<Value> (*apply)(const Value& subject, Arguments arguments);
    std::size_t required = 0;
    std::size_t arguments_max = 0;
};

std::span<const FilterSpec> filter_table();
std::span<const TestSpec> test_table();
std::span<const MethodSpec> method_table();

// The row, or nullptr.
const FilterSpec* find_filter(std::string_view name);
const TestSpec* find_test(std::string_view name);
const MethodSpec* find_method(std::string_view name);

// Applies a row to defined values (or undefined ones where the row takes them).
Result<Value> apply_filter(const FilterSpec& filter, const Value& subject, Arguments arguments,
                           const InnerCall& inner);
Result<bool> apply_test(const TestSpec& test, const Value& subject, Arguments arguments);

// " (did you mean 'x'?)" among the names of a table, or empty.
std::string filter_hint(std::string_view name);
std::string test_hint(std::string_view name);

// The items of a list, the keys of a mapping, the characters of a text.
Result<ValueList> items_of(const Value& value);

// The value under a dotted path such as 'stat.size' or 'results.0'; undefined when missing.
Value attribute_of(const Value& value, std::string_view path);

// `value` under `key` of a mapping, at a place of a list or text; undefined when missing.
Value element_of(const Value& value, const Value& key);

// Errc::Limit when a computed text grows beyond kTextBytesMax.
Result<Value> bounded_text(std::string text);

// Python's str.split() and str.splitlines().
ValueList split_text(std::string_view text, const std::optional<std::string>& separator,
                     std::int64_t splits_max);
ValueList split_lines(std::string_view text);

}  // namespace homeostat::playbook
