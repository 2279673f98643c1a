// TokenCursor walks over the tokens of an expression: what a recursive descent stands on.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/playbook/expression_lexer.hpp"

namespace homeostat::playbook {

class TokenCursor {
public:
    // REQUIRES: the last token is End. `error` takes the first problem.
    TokenCursor(const std::vector<Token>& tokens, ExpressionError& error)
        : tokens_(tokens), error_(error) {}

    [[nodiscard]] const Token& token() const { return tokens_[next_]; }
    [[nodiscard]] const Token& token_after() const {
        return tokens_[std::min(next_ + 1, tokens_.size() - 1)];
    }
    void advance(std::size_t count = 1) { next_ = std::min(next_ + count, tokens_.size() - 1); }

    static bool is_operator(const Token& token, std::string_view text) {
        return token.kind == Token::Kind::Operator && token.text == text;
    }
    static bool is_word(const Token& token, std::string_view text) {
        return token.kind == Token::Kind::Name && token.text == text;
    }

    // True, and behind it, when the token is this one.
    bool skip_operator(std::string_view text) {
        const bool found = is_operator(token(), text);
        if (found) advance();
        return found;
    }
    bool skip_word(std::string_view text) {
        const bool found = is_word(token(), text);
        if (found) advance();
        return found;
    }
    bool expect(std::string_view text) {
        if (skip_operator(text)) return true;
        if (token().kind == Token::Kind::End) return fail("'{}' is missing at the end", text);
        return fail("'{}' was expected instead of '{}'", text, token().text);
    }

    // Both return false.
    template <typename... Args>
    bool fail_at(std::size_t at, fmt::format_string<Args...> format, Args&&... args) {
        error_ = {at, make_error(Errc::Parse, format, std::forward<Args>(args)...)};
        return false;
    }
    template <typename... Args>
    bool fail(fmt::format_string<Args...> format, Args&&... args) {
        return fail_at(token().at, format, std::forward<Args>(args)...);
    }
    [[nodiscard]] bool has_failed() const { return !error_.error.text.empty(); }
    ExpressionError& error() { return error_; }

private:
    const std::vector<Token>& tokens_;
    ExpressionError& error_;
    std::size_t next_ = 0;
};

}  // namespace homeostat::playbook
