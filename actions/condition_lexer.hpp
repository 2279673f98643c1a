// ConditionLexer cuts the text of a condition into words, numbers, quoted text and symbols.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

struct ConditionToken {
    enum class Kind : std::uint8_t { End, Word, Number, Text, Symbol };
    Kind kind = Kind::End;
    std::string_view text;  // Text: without its quotes. A view into the lexer's text
    std::size_t at = 0;     // byte where it begins
};

// "condition, character N: ...", N counted from 1.
template <typename... Args>
Error condition_error(std::size_t at, fmt::format_string<Args...> format, Args&&... args) {
    Error error = make_error(Errc::Parse, "condition, character {}: ", at + 1);
    format_into(error.text, format, std::forward<Args>(args)...);
    return error;
}

class ConditionLexer {
public:
    // Borrows the text.
    explicit ConditionLexer(std::string_view text) : text_(text) {}

    // The next token; End for ever once the text is used up. An error only for text whose closing
    // quote is missing: what else is strange is a Symbol of one byte, for the reader to refuse.
    // Names have their dots in them ("event.kind"), numbers their sign.
    Result<ConditionToken> next();

private:
    Result<ConditionToken> quoted(char quote);
    ConditionToken word();
    ConditionToken number();
    ConditionToken symbol();
    ConditionToken take(ConditionToken::Kind kind, std::size_t size);

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace homeostat
