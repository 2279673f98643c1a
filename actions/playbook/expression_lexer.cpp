#include "actions/playbook/expression_lexer.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "actions/playbook/utf8.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name_part(char c) {
    return is_name_start(c) || is_digit(c);
}

// Longest first, so that "//" is not two "/".
constexpr std::array<std::string_view, 24> kOperators{
    "//", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ",",
    ":",  ".",  "|",  "~",  "+",  "-", "*", "/", "%", "<", ">", "=",
};

// Reads the escape behind a backslash in Python's way; an unknown one stays as it is.
class EscapeReader {
public:
    EscapeReader(std::string_view rest, std::string& out) : rest_(rest), out_(out) {}

    // The number of bytes taken behind the backslash.
    std::size_t read() {
        static constexpr std::string_view kNames = "nrtabfv0\\'\"\n";
        static constexpr std::string_view kValues("\n\r\t\a\b\f\v\0\\'\"", 11);
        const char c = rest_[0];
        if (c >= '0' && c <= '7') return octal();
        if (c == 'x') return hex(2);
        if (c == 'u') return hex(4);
        if (c == 'U') return hex(8);
        const auto index = kNames.find(c);
        if (index == std::string_view::npos) {
            out_ += '\\';
            return 0;
        }
        if (c != '\n') out_ += kValues[index];  // an escaped line end is nothing
        return 1;
    }

private:
    std::size_t octal() {
        std::size_t count = 0;
        char32_t value = 0;
        while (count < 3 && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '7') {
            value = value * 8 + static_cast<char32_t>(rest_[count++] - '0');
        }
        append_utf8(out_, value);
        return count;
    }

    std::size_t hex(std::size_t digits) {
        const auto value = parse_u64(rest_.substr(1, digits), 16);
        const bool complete = rest_.size() > digits && value && *value <= 0x10FFFF &&
                              !(*value >= 0xD800 && *value <= 0xDFFF);
        if (!complete) {
            out_ += '\\';
            return 0;
        }
        append_utf8(out_, static_cast<char32_t>(*value));
        return digits + 1;
    }

    std::string_view rest_;
    std::string& out_;
};

std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) {
            i += EscapeReader(text.substr(i + 1), out).read();
        } else {
            out += text[i];
        }
    }
    return out;
}

class Lexer {
public:
    Lexer(std::string_view text, Backslash backslash, std::vector<Token>& tokens,
          ExpressionError& error)
        : text_(text), backslash_(backslash), tokens_(tokens), error_(error) {}

    bool run() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (is_blank(c) || c == '\n') {
                ++at_;
            } else if (!(is_name_start(c)          ? take_name()
                         : is_digit(c)             ? take_number()
                         : (c == '\'' || c == '"') ? take_text()
                                                   : take_operator())) {
                return false;
            }
        }
        push(Token::Kind::End, {});
        return true;
    }

private:
    void push(Token::Kind kind, std::string_view text) {
        Token token;
        token.kind = kind;
        token.at = at_;
        token.text = text;
        tokens_.push_back(std::move(token));
    }

    template <typename... Args>
    bool fail(fmt::format_string<Args...> format, Args&&... args) {
        error_ = {at_, make_error(Errc::Parse, format, std::forward<Args>(args)...)};
        return false;
    }

    bool take_name() {
        std::size_t end = at_;
        while (end < text_.size() && is_name_part(text_[end])) ++end;
        push(Token::Kind::Name, text_.substr(at_, end - at_));
        at_ = end;
        return true;
    }

    std::size_t skip_digits(std::size_t at) const {
        while (at < text_.size() && is_digit(text_[at])) ++at;
        return at;
    }

    // 12, 1.5, 1e3, 1.5e-3. "1.x" is the attribute x of 1, which the parser then refuses.
    bool take_number() {
        std::size_t end = skip_digits(at_);
        bool decimal = false;
        if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) {
            end = skip_digits(end + 1);
            decimal = true;
        }
        if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
            std::size_t exponent = end + 1;
            if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) {
                ++exponent;
            }
            if (skip_digits(exponent) > exponent) {
                end = skip_digits(exponent);
                decimal = true;
            }
        }
        const std::string_view digits = text_.substr(at_, end - at_);
        if (end < text_.size() && is_name_part(text_[end]))
            return fail("'{}' is no number", text_.substr(at_, end - at_ + 1));
        return decimal ? push_float(digits, end) : push_integer(digits, end);
    }

    bool push_float(std::string_view digits, std::size_t end) {
        const auto number = parse_double(digits);
        if (!number) return fail("the number {} is too large", digits);
        push(Token::Kind::Float, digits);
        tokens_.back().number = *number;
        at_ = end;
        return true;
    }

    bool push_integer(std::string_view digits, std::size_t end) {
        const auto integer = parse_i64(digits);
        if (!integer) return fail("the number {} is beyond 64 bits", digits);
        if (digits.size() > 1 && digits[0] == '0') return fail("a number does not begin with 0");
        push(Token::Kind::Int, digits);
        tokens_.back().integer = *integer;
        at_ = end;
        return true;
    }

    bool take_text() {
        const std::size_t end = skip_quoted(text_, at_);
        if (end == std::string_view::npos) return fail("text without its closing quote");
        const std::string_view inside = text_.substr(at_ + 1, end - at_ - 2);
        const bool plain = backslash_ == Backslash::Literal;
        if (plain && inside.find(text_[at_]) != std::string_view::npos) {
            return fail("a quote cannot be escaped between {{{{ and }}}}: use the other kind");
        }
        if (plain && inside.ends_with('\\')) return fail("text ends in a backslash");
        push(Token::Kind::Text, plain ? std::string(inside) : unescape(inside));
        at_ = end;
        return true;
    }

    bool take_operator() {
        const std::string_view rest = text_.substr(at_);
        const auto found = std::find_if(kOperators.begin(), kOperators.end(),
                                        [&](std::string_view op) { return rest.starts_with(op); });
        if (found == kOperators.end() || rest.starts_with("**")) {
            return fail("'{}' is not part of an expression",
                        rest.substr(0, rest.starts_with("**") ? 2 : next_utf8(rest).size));
        }
        push(Token::Kind::Operator, *found);
        at_ += found->size();
        return true;
    }

    std::string_view text_;
    Backslash backslash_;
    std::vector<Token>& tokens_;
    ExpressionError& error_;
    std::size_t at_ = 0;
};

}  // namespace

std::size_t skip_quoted(std::string_view text, std::size_t at) {
    const char quote = text[at];
    for (std::size_t i = at + 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

bool tokenize(std::string_view text, Backslash backslash, std::vector<Token>& tokens,
              ExpressionError& error) {
    return Lexer(text, backslash, tokens, error).run();
}

}  // namespace homeostat::playbook
