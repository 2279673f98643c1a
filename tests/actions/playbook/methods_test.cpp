#include <doctest/doctest.h>

#include "tests/actions/playbook/expression_fixture.hpp"

namespace homeostat::playbook {
using test::eval;

TEST_CASE("methods: of text") {
    for (const auto& row : {
             test::EvalRow{"'a b  c'.split()", "['a', 'b', 'c']"},
             {"'a,b,c'.split(',', 1)", "['a', 'b,c']"},
             {"'a'.split('')", "error: split() with an empty separator"},
             {"'a\\nb\\n'.splitlines()", "['a', 'b']"},
             {"' x '.strip() ~ '|' ~ ' x '.lstrip() ~ '|' ~ ' x '.rstrip()", "'x|x | x'"},
             {"'xxaxx'.strip('x')", "'a'"},
             {"'abc'.startswith('ab') and 'abc'.endswith('bc')", "True"},
             {"'Ab'.lower() ~ 'Ab'.upper()", "'abAB'"},
             {"'aXbX'.replace('X', '')", "'ab'"},
             {"'a'.replace('a', 1)", "error: replace() needs text, not a number"},
             {"5.strip()", "error: strip() is a method of text"},
             {"[1].strip()", "error: strip() is a method of text, not of a list"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source).starts_with(row.result));
    }
}

TEST_CASE("methods: of mappings") {
    for (const auto& row : {
             test::EvalRow{"{'a': 1}.get('a')", "1"},
             {"{'a': 1}.get('b')", "None"},
             {"{'a': 1}.get('b', 2)", "2"},
             {"{'a': 1}.keys() | list", "['a']"},
             {"{'a': 1}.values() | list", "[1]"},
             {"{'a': 1}.items() | list", "[['a', 1]]"},
             {"'a'.keys()", "error: keys() is a method of mappings, not of text"},
             {"nosuch.get('a')", "error: 'nosuch' is undefined"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source) == row.result);
    }
}

}  // namespace homeostat::playbook
