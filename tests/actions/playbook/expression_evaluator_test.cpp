#include <doctest/doctest.h>

#include "tests/actions/playbook/expression_fixture.hpp"

namespace homeostat::playbook {
using test::eval;

namespace {
Map names() {
    return {{"n", 7},
            {"t", "hello"},
            {"list", ValueList{1, 2, 3}},
            {"map", Map{{"a", Map{{"b", 5}}}, {"key with blank", 1}}},
            {"nothing", Value()}};
}
}  // namespace

TEST_CASE("expression evaluator: arithmetic is Python's") {
    for (const auto& row : {
             test::EvalRow{"7 / 2", "3.5"},
             {"6 / 2", "3.0"},
             {"-7 // 2", "-4"},
             {"7 // -2", "-4"},
             {"-7 % 3", "2"},
             {"7 % -3", "-2"},
             {"7.5 // 2", "3.0"},
             {"-7.5 % 2", "0.5"},
             {"1 + true", "2"},
             {"2 * 2.5", "5.0"},
             {"'a' + 'b'", "'ab'"},
             {"[1] + [2]", "[1, 2]"},
             {"'a' + 1", "error: '+' needs two numbers, not text and a number"},
             {"'ab' * 2", "'abab'"},
             {"3 * 'a'", "'aaa'"},
             {"[1, 2] * 2", "[1, 2, 1, 2]"},
             {"'a' * 0", "''"},
             {"[1] * -1", "[]"},
             {"'' * 9223372036854775807", "''"},
             {"'a' * 1048577", "error: a text grew beyond 1048576 bytes"},
             {"[1] * 20001", "error: a list grew beyond 20000 items"},
             {"'a' * 1.5", "error: '*' needs two numbers, not text and a decimal number"},
             {"'a' * 'a'", "error: '*' needs two numbers, not text and text"},
             {"1 / 0", "error: division by zero"},
             {"1 % 0", "error: division by zero"},
             {"1 // 0.0", "error: division by zero"},
             {"9223372036854775807 + 1", "error: a number grew beyond 64 bits"},
             {"-9223372036854775807 - 2", "error: a number grew beyond 64 bits"},
             {"9223372036854775807 * 2", "error: a number grew beyond 64 bits"},
             {"(-9223372036854775807 - 1) // -1", "error: a number grew beyond 64 bits"},
             {"(-9223372036854775807 - 1) % -1", "0"},
             {"-'a'", "error: '-' needs a number, not text"},
             {"1 ~ none ~ true ~ [1]", "'1NoneTrue[1]'"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source) == row.result);
    }
}

TEST_CASE("expression evaluator: comparison and membership") {
    for (const auto& row : {
             test::EvalRow{"1 == 1.0 and 1 == true and '1' != 1", "True"},
             {"'a' < 'b' and 2 >= 2", "True"},
             {"'a' < 1",
              "error: text and a number have no order: cast them with int, float or string"},
             {"none < 1",
              "error: none and a number have no order: cast them with int, float or string"},
             {"'ell' in t", "True"},
             {"1 in t", "error: 'in' cannot look for a number in text"},
             {"'a' in map and 'b' not in map", "True"},
             {"1.0 in list", "True"},
             {"1 in 5", "error: 'in' cannot look for a number in a number"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source, names()) == row.result);
    }
}

TEST_CASE("expression evaluator: and, or give the operand that decided and stop early") {
    for (const auto& row : {
             test::EvalRow{"0 or 'x'", "'x'"},
             {"'' and nosuch", "''"},
             {"1 or nosuch", "1"},
             {"1 and 2", "2"},
             {"nosuch or 1", "error: 'nosuch' is undefined"},
             {"not nosuch", "error: 'nosuch' is undefined"},
             {"'a' if true else nosuch", "'a'"},
             {"nosuch if true else 'a'", "error: 'nosuch' is undefined"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source) == row.result);
    }
}

TEST_CASE("expression evaluator: elements, slices and what is missing") {
    for (const auto& row : {
             test::EvalRow{"map.a.b", "5"},
             {"map['a']['b']", "5"},
             {"map['key with blank']", "1"},
             {"list[0] + list[-1]", "4"},
             {"list[1:3]", "[2, 3]"},
             {"list[:-1]", "[1, 2]"},
             {"list[5:]", "[]"},
             {"list[2:1]", "[]"},
             {"list[-9:2]", "[1, 2]"},
             {"t[1:3]", "'el'"},
             {"t[-1]", "'o'"},
             {"list[3]", "error: a list has no 3"},
             {"map.nosuch", "error: a mapping has no 'nosuch'"},
             {"map.nosuch.deeper | default('d')", "'d'"},
             {"nosuch.x.y is defined", "False"},
             {"nosuch.x.y", "error: 'nosuch' is undefined"},
             {"n.x is defined", "False"},
             {"nothing.x | default(1)", "1"},
             {"list['a'] is defined", "False"},
             {"list[1.5] is defined", "False"},
             {"map[1:2]", "error: a mapping has no slices"},
             {"list['a':]", "error: a slice needs numbers, not text"},
             {"[nosuch, 1] | length", "2"},
             {"[nosuch, 1]", "error: 'nosuch' is undefined"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source, names()) == row.result);
    }
}

TEST_CASE("expression evaluator: range is bounded") {
    CHECK(eval("range(3) | list") == "[0, 1, 2]");
    CHECK(eval("range(1, 4)") == "[1, 2, 3]");
    CHECK(eval("range(5, 0, -2)") == "[5, 3, 1]");
    CHECK(eval("range(0)") == "[]");
    CHECK(eval("range(10000) | length") == "10000");
    CHECK(eval("range(10001)").starts_with("error: "));
    CHECK(eval("range(1, 2, 0)").starts_with("error: "));
    CHECK(eval("range('a')").starts_with("error: "));
    CHECK(eval("range(9223372036854775806, 9223372036854775807)") == "[9223372036854775806]");
}

TEST_CASE("expression evaluator: text cannot grow without bound") {
    const Map big{{"x", std::string(600'000, 'x')}};
    CHECK(eval("(x ~ x) | length", big).starts_with("error: "));
    CHECK(eval("(x + x) | length", big).starts_with("error: "));
    CHECK(eval("x | replace('x', 'yy') | length", big).starts_with("error: "));
    CHECK(eval("[x, x] | join", big).starts_with("error: "));
}

}  // namespace homeostat::playbook
