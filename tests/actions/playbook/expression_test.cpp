#include "actions/playbook/expression.hpp"

#include <doctest/doctest.h>

#include <set>

namespace homeostat::playbook {

TEST_CASE("expression: the names and texts in it are known, and how high it stands") {
    Expr expr;
    ExpressionError error;
    REQUIRE(parse_expression("a.b + [c, d | default(e)][f] if g is in h else {'x': i}",
                             Backslash::Escapes, expr, error));
    std::set<std::string> names;
    for_each_name(expr, [&](const std::string& name) { names.insert(name); });
    CHECK(names == std::set<std::string>{"a", "c", "d", "e", "f", "g", "h", "i"});
    std::set<std::string> texts;
    for_each_literal_text(expr, [&](const std::string& text) { texts.insert(text); });
    CHECK(texts == std::set<std::string>{"x"});
    CHECK(height_of(expr) == 6);
    CHECK(height_of(Expr{}) == 1);
}

}  // namespace homeostat::playbook
