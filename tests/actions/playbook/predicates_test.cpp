#include <doctest/doctest.h>

#include "tests/actions/playbook/expression_fixture.hpp"

namespace homeostat::playbook {
using test::eval;

TEST_CASE("tests: kinds of values") {
    for (const std::string_view yes : {"x is not defined",
                                       "x is undefined",
                                       "1 is defined",
                                       "none is none",
                                       "true is true",
                                       "1 is not true",
                                       "false is false",
                                       "'a' is string",
                                       "true is number",
                                       "1.5 is number",
                                       "1 is integer",
                                       "true is not integer",
                                       "1.0 is float",
                                       "false is boolean",
                                       "{} is mapping",
                                       "[] is sequence",
                                       "'a' is sequence",
                                       "{} is iterable",
                                       "1 is not iterable",
                                       "4 is even",
                                       "3 is odd",
                                       "-3 is odd",
                                       "0 is even",
                                       "1 is in [1, 2]",
                                       "'a' is in 'abc'",
                                       "'k' is in {'k': 1}",
                                       "1 is eq 1",
                                       "1 is equalto(1.0)",
                                       "1 is ne 2",
                                       "1 is lt 2",
                                       "2 is le 2",
                                       "3 is gt 2",
                                       "3 is greaterthan 2",
                                       "2 is ge 2",
                                       "'abc' is match('ab')",
                                       "'abc' is not match('bc')",
                                       "'abc' is search('bc')",
                                       "12 is search('2')"}) {
        CAPTURE(yes);
        CHECK(eval(yes) == "True");
    }
}

TEST_CASE("tests: results of tasks") {
    const Map names{{"ok", Map{{"changed", true}, {"failed", false}}},
                    {"bad", Map{{"failed", true}}},
                    {"gone", Map{{"skipped", true}, {"changed", false}}}};
    for (const std::string_view yes :
         {"ok is succeeded", "ok is success", "ok is changed", "ok is not failed", "bad is failed",
          "bad is not succeeded", "bad is not changed", "gone is skipped", "ok is not skipped"}) {
        CAPTURE(yes);
        CHECK(eval(yes, names) == "True");
    }
    CHECK(eval("1 is failed").starts_with("error: "));
    CHECK(eval("'x' is changed").starts_with("error: "));
}

TEST_CASE("tests: what cannot be asked is an error") {
    for (const std::string_view source :
         {"nosuch is none", "nosuch is failed", "'a' is even", "1 is in 5", "1 is lt 'a'",
          "nosuch is eq 1", "1 is eq nosuch"}) {
        CAPTURE(source);
        CHECK(eval(source).starts_with("error: "));
    }
}

}  // namespace homeostat::playbook
