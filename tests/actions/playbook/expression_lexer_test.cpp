#include "actions/playbook/expression_lexer.hpp"

#include <doctest/doctest.h>

namespace homeostat::playbook {
namespace {

std::string text_of(std::string_view source, Backslash backslash) {
    std::vector<Token> tokens;
    ExpressionError error;
    if (!tokenize(source, backslash, tokens, error)) {
        return "error: " + std::string(error.error.text.view());
    }
    return tokens[0].text;
}

}  // namespace

TEST_CASE("expression lexer: words, numbers, operators and their places") {
    std::vector<Token> tokens;
    ExpressionError error;
    REQUIRE(tokenize("a_1 // 2.5e-1 <= 'x y'", Backslash::Escapes, tokens, error));
    REQUIRE(tokens.size() == 6);
    CHECK(tokens[0].kind == Token::Kind::Name);
    CHECK(tokens[1].text == "//");
    CHECK(tokens[2].number == 0.25);
    CHECK(tokens[3].text == "<=");
    CHECK(tokens[4].text == "x y");
    CHECK(tokens[4].at == 17);
    CHECK(tokens[5].kind == Token::Kind::End);
}

TEST_CASE("expression lexer: escapes count in conditions and not between braces") {
    struct Row {
        std::string_view source;
        std::string_view escaped;
        std::string_view literal;
    };
    for (const Row& row : {
             Row{R"('a\nb')", "a\nb", R"(a\nb)"},
             Row{R"('\d+')", R"(\d+)", R"(\d+)"},
             Row{R"("\x41\u00e9\101")",
                 "A\xC3\xA9"
                 "A",
                 R"(\x41\u00e9\101)"},
             Row{R"('\\')", R"(\)", "error: text ends in a backslash"},
             Row{R"('it\'s')", "it's",
                 "error: a quote cannot be escaped between {{ and }}: use the other kind"},
             Row{R"('\xZZ')", R"(\xZZ)", R"(\xZZ)"},
         }) {
        CAPTURE(row.source);
        CHECK(text_of(row.source, Backslash::Escapes) == row.escaped);
        CHECK(text_of(row.source, Backslash::Literal) == row.literal);
    }
}

TEST_CASE("expression lexer: what is no token is refused with its place") {
    for (const std::string_view source :
         {"'open", "a ** 2", "a $ b", "a ; b", "99999999999999999999", "012", "1a", "`x`", "\xFF",
          "a & b", "!a", "1_000"}) {
        CAPTURE(source);
        std::vector<Token> tokens;
        ExpressionError error;
        CHECK_FALSE(tokenize(source, Backslash::Escapes, tokens, error));
        CHECK_FALSE(error.error.text.empty());
    }
}

}  // namespace homeostat::playbook
