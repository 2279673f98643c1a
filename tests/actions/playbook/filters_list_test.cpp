#include <doctest/doctest.h>

#include "tests/actions/playbook/expression_fixture.hpp"

namespace homeostat::playbook {
using test::eval;

namespace {
Map names() {
    return {{"files", ValueList{Map{{"path", "/b"}, {"size", 20}, {"ok", true}},
                                Map{{"path", "/a"}, {"size", 3}, {"ok", false}},
                                Map{{"path", "/C"}, {"deep", Map{{"x", 1}}}, {"ok", true}}}},
            {"words", ValueList{"b", "A", "a", "B"}},
            {"map", Map{{"k", 1}, {"j", 2}}}};
}
}  // namespace

TEST_CASE("list filters: selecting and mapping") {
    for (const auto& row : {
             test::EvalRow{"files | map(attribute='path') | list", "['/b', '/a', '/C']"},
             {"files | map(attribute='size') | select('defined') | sum", "23"},
             {"files | map(attribute='size') | list", "error: a mapping has no 'size'"},
             {"files | map(attribute='path') | map('basename') | sort | join(' ')", "'a b C'"},
             {"files | map(attribute='path') | map('replace', '/', '+') | first", "'+b'"},
             {"files | selectattr('ok') | map(attribute='path') | list", "['/b', '/C']"},
             {"files | rejectattr('ok') | map(attribute='path') | list", "['/a']"},
             {"files | selectattr('size', 'defined') | list | length", "2"},
             {"files | selectattr('size', 'defined') | selectattr('size', '>', 5) | list | count",
              "1"},
             {"files | selectattr('deep.x', 'defined') | map(attribute='path') | first", "'/C'"},
             {"files | selectattr('size')", "error: a mapping has no 'size'"},
             {"files | rejectattr('path', 'in', ['/a', '/b']) | map(attribute='path') | list",
              "['/C']"},
             {"[1, 2, 3, 4] | select('even') | list", "[2, 4]"},
             {"[1, 2, 3] | reject('==', 2) | list", "[1, 3]"},
             {"['a1', 'b'] | select('match', '[a-z][0-9]') | list", "['a1']"},
             {"'abc' | map('upper') | list", "['A', 'B', 'C']"},
             {"5 | map('upper')", "error: a list is needed, not a number"},
             {"[1] | map()", "refused: 'map' needs the name of a filter, or attribute="},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source, names()) == row.result);
    }
}

TEST_CASE("list filters: order, extremes and sums") {
    for (const auto& row : {
             test::EvalRow{"words | sort", "['A', 'a', 'b', 'B']"},
             {"words | sort(reverse=true)", "['b', 'B', 'A', 'a']"},
             {"words | sort(true) | first", "'b'"},
             {"files | sort(attribute='path') | map(attribute='path') | list",
              "['/a', '/b', '/C']"},
             {"files | sort(attribute='size')", "error: a mapping has no 'size'"},
             {"[1, 'a'] | sort",
              "error: text and a number have no order: cast them with int, float or string"},
             {"[3, 1.5, 2] | max ~ ' ' ~ [3, 1.5, 2] | min", "'3 1.5'"},
             {"words | max ~ words | min", "'bA'"},
             {"[] | max | default('none')", "'none'"},
             {"[] | max", "error: the extreme of nothing"},
             {"[1, 2.5, true] | sum", "4.5"},
             {"[] | sum", "0"},
             {"['a'] | sum", "error: sum needs numbers, not text"},
             {"words | unique", "['b', 'A']"},
             {"[1, true, 1.0] | unique", "[1]"},
             {"[{'a': 1}, {'a': 1}, 'x', 'X'] | unique", "[{'a': 1}, 'x', 'X']"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source, names()) == row.result);
    }
}

TEST_CASE("list filters: ends, lengths and kinds") {
    for (const auto& row : {
             test::EvalRow{"[1, 2] | first ~ [1, 2] | last", "'12'"},
             {"[] | first", "error: the first of nothing"},
             {"[] | last | default('x')", "'x'"},
             {"'abc' | first ~ 'abc' | last", "'ac'"},
             {"map | first", "'k'"},
             {"map | length + words | length + 'abc' | count", "9"},
             {"5 | length", "error: a number has no length"},
             {"map | list", "['k', 'j']"},
             {"map | dict2items", "[{'key': 'k', 'value': 1}, {'key': 'j', 'value': 2}]"},
             {"[] | dict2items", "error: dict2items needs a mapping, not a list"},
             {"[1, none, true, 'a'] | join(',')", "'1,None,True,a'"},
             {"'abc' | join('-')", "'a-b-c'"},
             {"[] | join", "''"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source, names()) == row.result);
    }
}

}  // namespace homeostat::playbook
