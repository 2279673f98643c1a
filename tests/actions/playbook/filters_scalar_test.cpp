#include <doctest/doctest.h>

#include "actions/playbook/filters.hpp"
#include "tests/actions/playbook/expression_fixture.hpp"

namespace homeostat::playbook {
using test::eval;

TEST_CASE("scalar filters: numbers") {
    for (const auto& row : {
             test::EvalRow{"-3 | abs", "3"},
             {"-3.5 | abs", "3.5"},
             {"'x' | abs", "error: abs needs a number, not text"},
             {"' 7 ' | int", "7"},
             {"'3.9' | int", "3"},
             {"-3.9 | int", "-3"},
             {"'abc' | int", "0"},
             {"'abc' | int(7)", "7"},
             {"'abc' | int(default=8)", "8"},
             {"none | int", "0"},
             {"true | int", "1"},
             {"[] | int(4)", "4"},
             {"'1_000' | int", "1000"},
             {"'_1' | int", "0"},
             {"'1_' | int", "0"},
             {"'+5' | int", "5"},
             {"'0x10' | int", "0"},
             {"'1e3' | int", "1000"},
             {"'nan' | int(3)", "3"},
             {"'1e30' | int", "error: 1e30 does not fit into 64 bits"},
             {"'2.50' | float", "2.5"},
             {"'x' | float", "0.0"},
             {"'x' | float(1.5)", "1.5"},
             {"3 | float", "3.0"},
             {"'inf' | float", "inf"},
             {"2.5 | round", "2.0"},
             {"3.5 | round", "4.0"},
             {"5 | round", "5"},
             {"3.14159 | round(2)", "3.14"},
             {"2.675 | round(2)", "2.67"},
             {"1234 | round(-2)", "1200"},
             {"1250.0 | round(-2)", "1200.0"},
             {"2.1 | round(0, 'ceil')", "3.0"},
             {"2.19 | round(1, 'floor')", "2.1"},
             {"7 | round(1, 'floor')", "7.0"},
             {"2.1 | round(method='ceil')", "3.0"},
             {"2.1 | round(1, 'up')", "error: round knows common, ceil and floor, not 'up'"},
             {"'x' | round", "error: round needs a number, not text"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source) == row.result);
    }
}

TEST_CASE("scalar filters: bool is true for few things only") {
    for (const std::string_view yes : {"true", "1", "1.0", "'yes'", "'On'", "'TRUE'", "'1'"}) {
        CAPTURE(yes);
        CHECK(eval(std::string(yes) + " | bool") == "True");
    }
    for (const std::string_view no :
         {"none", "2", "0", "'t'", "'y'", "'off'", "''", "[1]", "'anything'"}) {
        CAPTURE(no);
        CHECK(eval(std::string(no) + " | bool") == "False");
    }
}

TEST_CASE("scalar filters: default is for what is undefined") {
    for (const auto& row : {
             test::EvalRow{"nosuch | default('x')", "'x'"},
             {"nosuch | d", "''"},
             {"nosuch.a.b | default(3)", "3"},
             {"'' | default('x')", "''"},
             {"'' | default('x', true)", "'x'"},
             {"0 | default(5, boolean=true)", "5"},
             {"none | default('x')", "None"},
             {"'v' | default(nosuch)", "'v'"},
             {"nosuch | default(nosuch2)", "error: 'nosuch2' is undefined"},
             {"(nosuch | int) | default(4)", "4"},
             {"nosuch | default([]) + [1]", "[1]"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source) == row.result);
    }
}

TEST_CASE("scalar filters: text") {
    for (const auto& row : {
             test::EvalRow{"'/a/b.txt' | basename", "'b.txt'"},
             {"'/a/b/' | basename", "''"},
             {"'/a/b.txt' | dirname", "'/a'"},
             {"'/a' | dirname", "'/'"},
             {"'a' | dirname", "''"},
             {"5 | basename", "error: basename needs text, not a number"},
             {"'Ab' | lower ~ 'Ab' | upper", "'abAB'"},
             {"5 | upper", "'5'"},
             {"'a b' | quote", "\"'a b'\""},
             {"\"it's\" | quote", R"('\'it\'"\'"\'s\'')"},
             {"'' | quote", "\"''\""},
             {"none | quote", "\"''\""},
             {"'-rf' | quote", "'-rf'"},
             {"'a;b' | quote", "\"'a;b'\""},
             {"5 | quote", "'5'"},
             {"'a-b-c' | replace('-', '+')", "'a+b+c'"},
             {"'abc' | replace('', '-')", "'-a-b-c-'"},
             {"'a,b' | split(',')", "['a', 'b']"},
             {"' a b ' | split", "['a', 'b']"},
             {"5 | string", "'5'"},
             {"'  x\\n' | trim", "'x'"},
             {"true | ternary('y', 'n')", "'y'"},
             {"0 | ternary('y', 'n')", "'n'"},
             {"'abxd' | regex_replace('x*', '-')", "'-a-b--d-'"},
             {"'foo=bar' | regex_replace('(\\\\w+)=(\\\\w+)', '\\\\2=\\\\1')", "'bar=foo'"},
             {"'abc' | regex_search('b.')", "'bc'"},
             {"'abc' | regex_search('z')", "None"},
             {"'{\"a\": [1, 2.5, null, true]}' | from_json", "{'a': [1, 2.5, None, True]}"},
             {"'{' | from_json", "error: not JSON at byte 2"},
             {"{'a': [1, none, 'x']} | to_json", "'{\"a\": [1, null, \"x\"]}'"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source) == row.result);
    }
}

TEST_CASE("scalar filters: numbers are read as Python reads them") {
    CHECK(read_int("-12") == -12);
    CHECK_FALSE(read_int(""));
    CHECK_FALSE(read_int("-"));
    CHECK_FALSE(read_int("1__0"));
    CHECK_FALSE(read_int("9223372036854775808"));
    CHECK(read_float("+1.5") == 1.5);
    CHECK_FALSE(read_float("+-1"));
    CHECK_FALSE(read_float("1x"));
}

}  // namespace homeostat::playbook
