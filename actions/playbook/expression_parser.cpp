#include <algorithm>
#include <array>
#include <utility>

#include "actions/playbook/expression.hpp"
#include "actions/playbook/expression_binder.hpp"
#include "actions/playbook/expression_lexer.hpp"
#include "actions/playbook/functions.hpp"
#include "actions/playbook/token_cursor.hpp"

namespace homeostat::playbook {
namespace {

using Kind = Token::Kind;
using Op = Expr::Op;

constexpr std::array<std::string_view, 9> kKeywords{"and", "or",   "not",  "in",       "is",
                                                    "if",  "else", "elif", "recursive"};
// Names that reach beyond the values of this file.
constexpr std::array<std::string_view, 7> kForbidden{"lookup", "query",    "q",     "now",
                                                     "vars",   "hostvars", "groups"};
// Without a call these are Python's methods, never keys.
constexpr std::array<std::string_view, 10> kMappingMethods{
    "clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "update", "values"};

template <typename Words>
bool contains(const Words& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// A recursive descent in the order of the operators, loosest first. Every function returns false
// after the first error, which is in error_.
class Parser : private TokenCursor {
public:
    Parser(const std::vector<Token>& tokens, ExpressionError& error) : TokenCursor(tokens, error) {}

    bool run(Expr& out) {
        if (!parse_expression_in(out)) return false;
        if (token().kind == Kind::End) return true;
        return fail("'{}' was not expected here", token().text);
    }

private:
    // Counts how deep the parser calls itself: 4 KiB of brackets must not use up the stack.
    class Level {
    public:
        explicit Level(std::size_t& depth) : depth_(depth) { ++depth_; }
        ~Level() { --depth_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

    private:
        std::size_t& depth_;
    };

    bool too_deep() {
        if (depth_ <= kExpressionDepthMax) return false;
        fail("more than {} levels in one expression", kExpressionDepthMax);
        return true;
    }

    // Wraps `left` as the first part of a new operation.
    static void wrap(Expr& left, Op op, std::size_t at) {
        Expr outer;
        outer.op = op;
        outer.at = at;
        outer.parts.push_back(std::move(left));
        left = std::move(outer);
    }

    bool parse_expression_in(Expr& out) {
        const Level level(depth_);
        if (too_deep() || !parse_or(out)) return false;
        while (is_word(token(), "if")) {
            wrap(out, Op::If, token().at);
            advance();
            out.parts.resize(3);
            if (!parse_or(out.parts[1])) return false;
            if (!skip_word("else")) return fail("'if' needs an 'else' here");
            if (!parse_expression_in(out.parts[2])) return false;
        }
        return true;
    }

    bool parse_or(Expr& out) {
        return parse_chain(out, "or", Op::Or, [this](Expr& part) { return parse_and(part); });
    }
    bool parse_and(Expr& out) {
        return parse_chain(out, "and", Op::And, [this](Expr& part) { return parse_not(part); });
    }

    template <typename Next>
    bool parse_chain(Expr& out, std::string_view word, Op op, Next next) {
        if (!next(out)) return false;
        while (is_word(token(), word)) {
            wrap(out, op, token().at);
            advance();
            out.parts.emplace_back();
            if (!next(out.parts[1])) return false;
        }
        return true;
    }

    bool parse_not(Expr& out) {
        out.at = token().at;
        if (!skip_word("not")) return parse_compare(out);
        const Level level(depth_);
        if (too_deep()) return false;
        out.op = Op::Not;
        out.parts.resize(1);
        return parse_not(out.parts[0]);
    }

    // The comparison at the current token, skipped; empty if there is none.
    std::string take_comparison() {
        for (const std::string_view op : {"==", "!=", "<=", ">=", "<", ">"}) {
            if (skip_operator(op)) return std::string(op);
        }
        if (skip_word("in")) return "in";
        if (is_word(token(), "not") && is_word(token_after(), "in")) {
            advance(2);
            return "not in";
        }
        return {};
    }

    bool parse_compare(Expr& out) {
        if (!parse_sum(out)) return false;
        const std::size_t at = token().at;
        std::string op = take_comparison();
        if (op.empty()) return true;
        wrap(out, Op::Compare, at);
        while (!op.empty()) {
            out.operators.push_back(std::move(op));
            out.parts.emplace_back();
            if (!parse_sum(out.parts.back())) return false;
            op = take_comparison();
        }
        return true;
    }

    template <typename Next>
    bool parse_binary(Expr& out, std::initializer_list<std::string_view> operators, Op op,
                      Next next) {
        if (!next(out)) return false;
        for (;;) {
            const auto found = std::find_if(operators.begin(), operators.end(),
                                            [&](auto text) { return is_operator(token(), text); });
            if (found == operators.end()) return true;
            wrap(out, op, token().at);
            advance();
            out.operators.emplace_back(*found);
            out.parts.emplace_back();
            if (!next(out.parts[1])) return false;
        }
    }

    bool parse_sum(Expr& out) {
        return parse_binary(out, {"+", "-"}, Op::Arithmetic,
                            [this](Expr& part) { return parse_concat(part); });
    }
    bool parse_concat(Expr& out) {
        return parse_binary(out, {"~"}, Op::Concat,
                            [this](Expr& part) { return parse_product(part); });
    }
    bool parse_product(Expr& out) {
        return parse_binary(out, {"*", "//", "/", "%"}, Op::Arithmetic,
                            [this](Expr& part) { return parse_unary(part, true); });
    }

    // A sign binds tighter than filters: -7 | abs is 7.
    bool parse_unary(Expr& out, bool with_filters) {
        out.at = token().at;
        if (skip_operator("-")) {
            const Level level(depth_);
            if (too_deep()) return false;
            out.op = Op::Negate;
            out.parts.resize(1);
            if (!parse_unary(out.parts[0], false)) return false;
        } else if (!parse_primary(out)) {
            return false;
        }
        return parse_postfix(out) && (!with_filters || parse_filters(out));
    }

    bool parse_primary(Expr& out) {
        const Token& first = token();
        out.at = first.at;
        switch (first.kind) {
            case Kind::Int: return take_literal(out, first.integer);
            case Kind::Float: return take_literal(out, first.number);
            case Kind::Text: return take_literal(out, first.text);
            case Kind::Name: return parse_name(out);
            case Kind::Operator:
                if (skip_operator("(")) return parse_expression_in(out) && expect(")");
                if (skip_operator("[")) return parse_list(out);
                if (skip_operator("{")) return parse_mapping(out);
                return fail("'{}' was not expected here", first.text);
            case Kind::End: break;
        }
        return fail("a value is missing at the end");
    }

    bool take_literal(Expr& out, Value value) {
        out.op = Op::Literal;
        out.literal = std::move(value);
        advance();
        return true;
    }

    bool parse_name(Expr& out) {
        const std::string& name = token().text;
        if (name == "true" || name == "True") return take_literal(out, true);
        if (name == "false" || name == "False") return take_literal(out, false);
        if (name == "none" || name == "None") return take_literal(out, Value());
        if (contains(kKeywords, name)) return fail("a value is missing before '{}'", name);
        if (name[0] == '_') return fail("names that begin with '_' are not accepted: {}", name);
        if (contains(kForbidden, name)) return fail("'{}' is not accepted in a playbook", name);
        if (name == "range") return parse_range(out);
        out.op = Op::Name;
        out.text = name;
        advance();
        return true;
    }

    bool parse_range(Expr& out) {
        out.op = Op::Range;
        advance();
        if (!expect("(") || !parse_items(out.parts, ")")) return false;
        if (!out.parts.empty() && out.parts.size() <= 3) return true;
        return fail_at(out.at, "range takes 1 to 3 numbers");
    }

    // Items with commas up to the closing bracket; a comma may stand before it.
    bool parse_items(std::vector<Expr>& items, std::string_view close) {
        while (!skip_operator(close)) {
            if (!items.empty() && (!expect(",") || skip_operator(close))) return !has_failed();
            items.emplace_back();
            if (!parse_expression_in(items.back())) return false;
        }
        return true;
    }
    bool parse_list(Expr& out) {
        out.op = Op::List;
        return parse_items(out.parts, "]");
    }

    bool parse_mapping(Expr& out) {
        out.op = Op::Mapping;
        while (!skip_operator("}")) {
            if (!out.parts.empty() && !expect(",")) return false;
            if (skip_operator("}")) return true;
            Expr key;
            Expr value;
            if (!parse_expression_in(key) || !expect(":") || !parse_expression_in(value)) {
                return false;
            }
            if (key.op == Op::Literal && !key.literal.is_text()) {
                return fail_at(key.at, "a key of a mapping must be text");
            }
            out.parts.push_back(std::move(key));
            out.parts.push_back(std::move(value));
        }
        return true;
    }

    bool parse_postfix(Expr& out) {
        for (std::size_t count = 0;; ++count) {
            if (count > kExpressionDepthMax) return fail("too many attributes behind each other");
            const std::size_t at = token().at;
            if (skip_operator(".")) {
                if (!parse_attribute(out, at)) return false;
            } else if (skip_operator("[")) {
                if (!parse_index(out, at)) return false;
            } else if (is_operator(token(), "(")) {
                return fail("only range, filters and methods can be called");
            } else {
                return true;
            }
        }
    }

    bool parse_attribute(Expr& out, std::size_t at) {
        if (token().kind != Kind::Name) return fail("a name was expected behind '.'");
        const std::string& name = token().text;
        if (name[0] == '_') return fail("names that begin with '_' are not accepted: {}", name);
        wrap(out, Op::Attribute, at);
        out.text = name;
        advance();
        if (skip_operator("(")) return parse_method(out);
        if (contains(kMappingMethods, name)) {
            return fail_at(at, "'.{}' is a method: call it, or write ['{}'] for the key", name,
                           name);
        }
        return true;
    }

    bool parse_method(Expr& out) {
        out.op = Op::Method;
        out.method = find_method(out.text);
        if (out.method == nullptr) return fail_at(out.at, "no method is called '{}'", out.text);
        std::vector<Expr> arguments;
        if (!parse_items(arguments, ")")) return false;
        if (arguments.size() < out.method->required ||
            arguments.size() > out.method->arguments_max) {
            return fail_at(out.at, "{}() takes {} to {} arguments, not {}", out.text,
                           out.method->required, out.method->arguments_max, arguments.size());
        }
        for (Expr& argument : arguments) out.parts.push_back(std::move(argument));
        return true;
    }

    bool parse_index(Expr& out, std::size_t at) {
        wrap(out, Op::Index, at);
        Expr first;
        first.op = Op::Absent;
        if (!is_operator(token(), ":") && !parse_expression_in(first)) return false;
        out.parts.push_back(std::move(first));
        if (!skip_operator(":")) return expect("]");
        out.op = Op::Slice;
        Expr last;
        last.op = Op::Absent;
        if (!is_operator(token(), "]") && !parse_expression_in(last)) return false;
        out.parts.push_back(std::move(last));
        return expect("]");
    }

    bool parse_filters(Expr& out) {
        for (std::size_t count = 0;; ++count) {
            if (count > kExpressionDepthMax) return fail("too many filters behind each other");
            const std::size_t at = token().at;
            if (skip_operator("|")) {
                if (!parse_filter(out, at)) return false;
            } else if (skip_word("is")) {
                if (!parse_test(out, at)) return false;
            } else if (is_operator(token(), "(")) {
                return fail("only range, filters and methods can be called");
            } else {
                return true;
            }
        }
    }

    bool parse_filter(Expr& out, std::size_t at) {
        if (token().kind != Kind::Name) return fail("the name of a filter was expected");
        wrap(out, Op::Filter, token().at);
        out.text = token().text;
        out.filter = find_filter(out.text);
        if (out.filter == nullptr) {
            return fail("no filter is called '{}'{}", out.text, filter_hint(out.text));
        }
        advance();
        CallArguments given;
        if (skip_operator("(") && !parse_call(given)) return false;
        return bind_filter(out, std::move(given), at, error());
    }

    bool parse_call(CallArguments& out) {
        while (!skip_operator(")")) {
            const bool first = out.positional.empty() && out.named.empty();
            if (!first && !expect(",")) return false;
            if (!first && skip_operator(")")) return true;
            if (token().kind == Kind::Name && is_operator(token_after(), "=")) {
                out.named.emplace_back(token().text, Expr{});
                advance(2);
                if (!parse_expression_in(out.named.back().second)) return false;
            } else {
                if (!out.named.empty()) return fail("an argument without a name behind named ones");
                out.positional.emplace_back();
                if (!parse_expression_in(out.positional.back())) return false;
            }
        }
        return true;
    }

    bool parse_test(Expr& out, std::size_t at) {
        wrap(out, Op::Test, at);
        out.negated = skip_word("not");
        if (token().kind != Kind::Name) return fail("the name of a test was expected");
        out.text = token().text;
        out.test = find_test(out.text);
        if (out.test == nullptr || out.test->only_quoted) {
            return fail("no test is called '{}'{}", out.text, test_hint(out.text));
        }
        advance();
        CallArguments given;
        if (skip_operator("(")) {
            if (!parse_call(given)) return false;
        } else if (out.test->arguments > 0) {  // `x is in [1, 2]`
            given.positional.emplace_back();
            if (!parse_primary(given.positional[0]) || !parse_postfix(given.positional[0])) {
                return false;
            }
        }
        return bind_test(out, std::move(given), at, error());
    }

    std::size_t depth_ = 0;
};

}  // namespace

bool parse_expression(std::string_view text, Backslash backslash, Expr& expr,
                      ExpressionError& error) {
    error = {};
    if (text.size() > kExpressionBytesMax) {
        error.error =
            make_error(Errc::Limit, "an expression is longer than {} bytes", kExpressionBytesMax);
        return false;
    }
    std::vector<Token> tokens;
    if (!tokenize(text, backslash, tokens, error) || !Parser(tokens, error).run(expr)) return false;
    if (height_of(expr) <= kExpressionHeightMax) return true;
    error.error = make_error(Errc::Limit, "an expression has too many operators");
    return false;
}

}  // namespace homeostat::playbook
