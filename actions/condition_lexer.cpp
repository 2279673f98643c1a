#include "actions/condition_lexer.hpp"

#include <algorithm>
#include <array>

#include "core/parse.hpp"

namespace homeostat {
namespace {

using Kind = ConditionToken::Kind;

bool is_word_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

Result<ConditionToken> ConditionLexer::next() {
    while (at_ < text_.size() && (is_blank(text_[at_]) || text_[at_] == '\n')) ++at_;
    if (at_ == text_.size()) {
        return ConditionToken{.kind = Kind::End, .text = "the end", .at = at_};
    }
    const char c = text_[at_];
    if (c == '\'' || c == '"') return quoted(c);
    if (is_word_start(c)) return word();
    const bool sign = c == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]);
    if (is_digit(c) || sign) return number();
    return symbol();
}

ConditionToken ConditionLexer::take(Kind kind, std::size_t size) {
    const ConditionToken token{.kind = kind, .text = text_.substr(at_, size), .at = at_};
    at_ += size;
    return token;
}

// No escapes: a backslash is one, as regular expressions want it.
Result<ConditionToken> ConditionLexer::quoted(char quote) {
    const auto end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) {
        return condition_error(at_, "text without its closing {}", quote);
    }
    ConditionToken token = take(Kind::Text, end + 1 - at_);
    token.text = token.text.substr(1, token.text.size() - 2);
    return token;
}

ConditionToken ConditionLexer::word() {
    std::size_t end = at_;
    while (end < text_.size() &&
           (is_word_start(text_[end]) || is_digit(text_[end]) || text_[end] == '.')) {
        ++end;
    }
    return take(Kind::Word, end - at_);
}

// Takes what looks like one; whether it is a number, parse_double says.
ConditionToken ConditionLexer::number() {
    std::size_t end = at_ + 1;
    for (; end < text_.size(); ++end) {
        const char c = text_[end];
        const bool exponent_sign =
            (c == '-' || c == '+') && (text_[end - 1] == 'e' || text_[end - 1] == 'E');
        if (!is_digit(c) && c != '.' && !is_word_start(c) && !exponent_sign) break;
    }
    return take(Kind::Number, end - at_);
}

ConditionToken ConditionLexer::symbol() {
    static constexpr std::array<std::string_view, 7> kLong{
        "==", "!=", "<=", ">=", "<<", "{{", "{%"};
    const bool two = std::find(kLong.begin(), kLong.end(), text_.substr(at_, 2)) != kLong.end();
    return take(Kind::Symbol, two ? 2 : 1);
}

}  // namespace homeostat
