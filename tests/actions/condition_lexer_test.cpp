#include "actions/condition_lexer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace homeostat {
namespace {

using Kind = ConditionToken::Kind;

TEST_CASE("condition lexer: words with dots, signed numbers, both quotes, symbols of one or two") {
    struct Row {
        Kind kind;
        std::string_view text;
        std::size_t at;
    };
    ConditionLexer lexer("event.kind=='a \"b' \n>= -1.5e-3(\"c'\\d\",x_1)<&");
    for (const Row& row :
         {Row{Kind::Word, "event.kind", 0}, Row{Kind::Symbol, "==", 10},
          Row{Kind::Text, "a \"b", 12}, Row{Kind::Symbol, ">=", 20},
          Row{Kind::Number, "-1.5e-3", 23}, Row{Kind::Symbol, "(", 30},
          Row{Kind::Text, "c'\\d", 31}, Row{Kind::Symbol, ",", 37}, Row{Kind::Word, "x_1", 38},
          Row{Kind::Symbol, ")", 41}, Row{Kind::Symbol, "<", 42}, Row{Kind::Symbol, "&", 43},
          Row{Kind::End, "the end", 44}, Row{Kind::End, "the end", 44}}) {
        const auto token = lexer.next();
        REQUIRE(token);
        CHECK(token->kind == row.kind);
        CHECK(token->text == row.text);
        CHECK(token->at == row.at);
    }
}

TEST_CASE("condition lexer: nothing, blanks, binary and endless text come to an end") {
    for (const std::string& text :
         {std::string(), std::string(" \t\r\n"), std::string("\x00\xff\x01-", 4),
          std::string(100'000, 'a'), std::string(100'000, '1'), std::string(1000, '(')}) {
        ConditionLexer lexer(text);
        std::size_t tokens = 0;
        std::size_t last = 0;
        for (auto token = lexer.next(); token && token->kind != Kind::End; token = lexer.next()) {
            CHECK(token->at >= last);
            last = token->at;
            REQUIRE(++tokens <= text.size());
        }
    }
}

TEST_CASE("condition lexer: a quote that is not closed is named") {
    ConditionLexer lexer("a 'b");
    REQUIRE(lexer.next());
    const auto token = lexer.next();
    REQUIRE_FALSE(token);
    CHECK(token.error().text == "condition, character 3: text without its closing '");
}

}  // namespace
}  // namespace homeostat
