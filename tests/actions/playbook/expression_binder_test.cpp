#include "actions/playbook/expression_binder.hpp"

#include <doctest/doctest.h>

#include "tests/actions/playbook/expression_fixture.hpp"

namespace homeostat::playbook {
using test::eval;

TEST_CASE("expression binder: arguments by place and by name") {
    for (const auto& row : {
             test::EvalRow{"nosuch | default('a', true)", "'a'"},
             {"'' | default(boolean=true, default_value='a')", "'a'"},
             {"2.345 | round(precision=1)", "2.3"},
             {"[1, 2] | sort(reverse=true)", "[2, 1]"},
             {"'x' | default(default_value='a', default_value='b')",
              "refused: 'default_value' is given twice"},
             {"'x' | default('a', default_value='b')", "refused: 'default_value' is given twice"},
             {"'x' | default(value=1)", "refused: 'default' has no argument called 'value'"},
             {"'x' | replace('a')", "refused: 'replace' needs 'new'"},
             {"1 | abs(2)", "refused: 'abs' takes at most 0 arguments"},
             {"[1] | map('default', 5)", "[1]"},
             {"['a'] | map('replace', 'a')", "refused: 'replace' cannot take 1 arguments"},
             {"[1] | map('select', 'odd')", "refused: 'select' cannot be called by map"},
             {"[1] | select('eq')", "refused: the test 'eq' takes 1 arguments, not 0"},
             {"[1] | selectattr()", "refused: 'selectattr' needs a name"},
             {"[1] | select(x)", "refused: the name that 'select' calls must be literal text"},
             {"[1] | select(test='odd')", "refused: 'select' takes no named arguments"},
             {"1 is eq(2, 3)", "refused: the test 'eq' takes 1 arguments, not 2"},
             {"1 is eq(other=2)", "refused: the test 'eq' takes no names"},
             {"1 is defined(2)", "refused: the test 'defined' takes 0 arguments, not 1"},
         }) {
        CAPTURE(row.source);
        CHECK(eval(row.source) == row.result);
    }
}

TEST_CASE("expression binder: patterns that are written out are checked at once") {
    for (const std::string_view source :
         {"x | regex_search('(')", "x | regex_replace('(?=a)', '')", "x is match('[')",
          "x | map('regex_search', '(')", "x | select('search', '(')"}) {
        CAPTURE(source);
        CHECK(eval(source).find("not a regular expression") != std::string::npos);
    }
    CHECK(eval("'a' | regex_search(p)", {{"p", "("}}).starts_with("error: "));
}

}  // namespace homeostat::playbook
