// The words of an expression.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/expression.hpp"

namespace homeostat::playbook {

struct Token {
    enum class Kind : std::uint8_t { Name, Int, Float, Text, Operator, End };
    Kind kind = Kind::End;
    std::size_t at = 0;
    std::string text;  // Name, Operator: as written; Text: without quotes, escapes resolved
    std::int64_t integer = 0;
    double number = 0;
};

// All tokens, with one End behind them. False: see `error`.
bool tokenize(std::string_view text, Backslash backslash, std::vector<Token>& tokens,
              ExpressionError& error);

// The offset behind the quoted text that begins at `at` (on its open quote), or npos when it does
// not end.
std::size_t skip_quoted(std::string_view text, std::size_t at);

}  // namespace homeostat::playbook
