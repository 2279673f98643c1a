#include "actions/playbook/functions.hpp"

#include <doctest/doctest.h>

#include <set>

namespace homeostat::playbook {

TEST_CASE("functions: every documented filter, test and method is there, and no other") {
    const std::set<std::string_view> filters{
        "abs",           "basename",     "bool",   "count",      "d",       "default", "dict2items",
        "dirname",       "first",        "float",  "from_json",  "int",     "join",    "last",
        "length",        "list",         "lower",  "map",        "max",     "min",     "quote",
        "regex_replace", "regex_search", "reject", "rejectattr", "replace", "round",   "select",
        "selectattr",    "sort",         "split",  "string",     "sum",     "ternary", "to_json",
        "trim",          "unique",       "upper"};
    std::set<std::string_view> there;
    for (const FilterSpec& row : filter_table()) there.insert(row.name);
    CHECK(there == filters);

    const std::set<std::string_view> tests{
        "defined", "undefined", "none",    "true",        "false",    "string", "number", "integer",
        "float",   "boolean",   "mapping", "sequence",    "iterable", "even",   "odd",    "in",
        "==",      "eq",        "equalto", "!=",          "ne",       "<",      "lt",     "<=",
        "le",      ">",         "gt",      "greaterthan", ">=",       "ge",     "match",  "search",
        "failed",  "succeeded", "success", "changed",     "skipped"};
    there.clear();
    for (const TestSpec& row : test_table()) there.insert(row.name);
    CHECK(there == tests);

    const std::set<std::string_view> methods{
        "split", "splitlines", "strip",   "lstrip", "rstrip", "startswith", "endswith",
        "lower", "upper",      "replace", "get",    "keys",   "values",     "items"};
    there.clear();
    for (const MethodSpec& row : method_table()) there.insert(row.name);
    CHECK(there == methods);
}

TEST_CASE("functions: dotted paths go through mappings and lists") {
    const Value value(Map{{"a", ValueList{Map{{"b", 7}}}}, {"0", "zero"}});
    CHECK(attribute_of(value, "a.0.b").integer() == 7);
    CHECK(attribute_of(value, "0").text() == "zero");
    CHECK(attribute_of(value, "a.1.b").is_undefined());
    CHECK(attribute_of(value, "").is_undefined());
    CHECK(attribute_of(Value(5), "x").is_undefined());
}

TEST_CASE("functions: lines end where Python's lines end") {
    const ValueList lines = split_lines(
        "a\nb\r\nc\rd\x0b"
        "e\xE2\x80\xA8"
        "f\n\n");
    CHECK(to_repr(lines) == "['a', 'b', 'c', 'd', 'e', 'f', '']");
    CHECK(split_lines("").empty());
    CHECK(split_lines("x").size() == 1);
}

TEST_CASE("functions: text is split at separators or at runs of blanks") {
    CHECK(to_repr(split_text(" a  b\tc ", std::nullopt, -1)) == "['a', 'b', 'c']");
    CHECK(to_repr(split_text(" a  b c ", std::nullopt, 1)) == "['a', 'b c ']");
    CHECK(to_repr(split_text("a,,b", ",", -1)) == "['a', '', 'b']");
    CHECK(to_repr(split_text("a,b,c", ",", 1)) == "['a', 'b,c']");
    CHECK(to_repr(split_text("", ",", -1)) == "['']");
    CHECK(to_repr(split_text("", std::nullopt, -1)) == "[]");
}

}  // namespace homeostat::playbook
