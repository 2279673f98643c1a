#include "actions/playbook/token_cursor.hpp"

#include <doctest/doctest.h>

namespace homeostat::playbook {

TEST_CASE("token cursor: walks, skips what is expected, and never runs past the end") {
    std::vector<Token> tokens;
    ExpressionError error;
    REQUIRE(tokenize("a ( not", Backslash::Escapes, tokens, error));
    TokenCursor cursor(tokens, error);
    CHECK(cursor.token().text == "a");
    CHECK(cursor.token_after().text == "(");
    CHECK_FALSE(cursor.skip_operator("("));
    CHECK(cursor.skip_word("a"));
    CHECK(cursor.expect("("));
    CHECK_FALSE(cursor.has_failed());
    CHECK_FALSE(cursor.expect(")"));
    CHECK(error.at == 4);
    CHECK(error.error.text == "')' was expected instead of 'not'");
    cursor.advance(10);
    CHECK(cursor.token().kind == Token::Kind::End);
    CHECK(cursor.token_after().kind == Token::Kind::End);
    CHECK_FALSE(cursor.expect(")"));
    CHECK(error.error.text == "')' is missing at the end");
}

}  // namespace homeostat::playbook
