#include <doctest/doctest.h>

#include "tests/actions/playbook/expression_fixture.hpp"

namespace homeostat::playbook {
using test::eval;

TEST_CASE("expression parser: operators bind as in Jinja") {
    for (const auto& row : {
             test::EvalRow{"-7 | abs", "7"},
             {"1 == 1 is defined", "True"},
             {"2 + 3 ~ 4", "error: '+' needs two numbers, not a number and text"},
             {"2 + 3 * 4", "14"},
             {"not true == false", "True"},
             {"not x is defined", "True"},
             {"1 if true else 2 if true else 3", "1"},
             {"'a' if false else 'b' if false else 'c'", "'c'"},
             {"true or false and false", "True"},
             {"[1, 2,]", "[1, 2]"},
             {"{'a': 1, 'b': [2],}", "{'a': 1, 'b': [2]}"},
             {"(1)", "1"},
             {"1 < 2 < 3", "True"},
             {"3 > 2 > 2", "False"},
             {"1 not in [2] and 1 in [1]", "True"},
             {"10 - 2 - 3", "5"},
             {"7 // 2 * 2", "6"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source) == row.result);
    }
}

TEST_CASE("expression parser: everything unknown is refused before anything is evaluated") {
    for (const std::string_view source : {"lookup('pipe', 'id')",
                                          "query('x')",
                                          "q('x')",
                                          "now()",
                                          "vars",
                                          "hostvars",
                                          "groups",
                                          "x | nosuch",
                                          "x is nosuch",
                                          "x.nosuch()",
                                          "f(1)",
                                          "x()",
                                          "_x",
                                          "x._y",
                                          "x.__class__",
                                          "x | map('nosuch')",
                                          "x | select('nosuch')",
                                          "x | selectattr('a', 'nosuch')",
                                          "x | map(y)",
                                          "x | default(nosuch=1)",
                                          "x | int(1, 2)",
                                          "x | sort(key='a')",
                                          "x | regex_search('(?=a)')",
                                          "x | regex_replace('(', '')",
                                          "x is match('\\\\1')",
                                          "x | ternary(1)",
                                          "x.items",
                                          "x.keys",
                                          "1 if true",
                                          "",
                                          "1 +",
                                          "(1",
                                          "[1",
                                          "{'a' 1}",
                                          "{1: 2}",
                                          "x[",
                                          "x.",
                                          "x |",
                                          "x is",
                                          "1 2",
                                          "a = 1",
                                          "range",
                                          "range()",
                                          "x | default(a=1, 2)",
                                          "not",
                                          "x if else y",
                                          "+1",
                                          "x | map",
                                          "x is in",
                                          "true is divisibleby 2",
                                          "x.split(1,2,3)",
                                          "a[1:2:3]",
                                          "x | select",
                                          "a b"}) {
        CAPTURE(source);
        CHECK(eval(source).starts_with("refused: "));
    }
}

TEST_CASE("expression parser: a near miss gets a suggestion") {
    CHECK(eval("x | lenght") == "refused: no filter is called 'lenght' (did you mean 'length'?)");
    CHECK(eval("x is defned") == "refused: no test is called 'defned' (did you mean 'defined'?)");
}

TEST_CASE("expression parser: size and nesting are bounded") {
    CHECK(eval(std::string(4097, '1')).starts_with("refused: "));
    CHECK(eval(std::string(33, '(') + "1" + std::string(33, ')')).starts_with("refused: "));
    CHECK(eval(std::string(20, '(') + "1" + std::string(20, ')')) == "1");
    CHECK(eval(std::string(2000, '-') + "1").starts_with("refused: "));
    std::string nots;
    for (int i = 0; i < 800; ++i) nots += "not ";
    CHECK(eval(nots + "x").starts_with("refused: "));
    std::string sum = "1";
    for (int i = 0; i < 1000; ++i) sum += "+1";
    CHECK(eval(sum).starts_with("refused: "));
    std::string attributes = "x";
    for (int i = 0; i < 500; ++i) attributes += ".a";
    CHECK(eval(attributes).starts_with("refused: "));
}

}  // namespace homeostat::playbook
