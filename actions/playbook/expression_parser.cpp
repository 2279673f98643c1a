#include <algorithm>
#include <array>
#include <utility>

#include "actions/playbook/expression.hpp"
#include "actions/playbook/expression_lexer.hpp"
#include "actions/playbook/functions.hpp"
#include "actions/playbook/regex.hpp"

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
class Parser {
public:
    Parser(const std::vector<Token>& tokens, ExpressionError& error)
        : tokens_(tokens), error_(error) {}

    bool run(Expr& out) {
        if (!parse_expression_in(out)) return false;
        if (token().kind == Kind::End) return true;
        return fail("'{}' was not expected here", token().text);
    }

private:
    [[nodiscard]] const Token& token() const { return tokens_[next_]; }
    [[nodiscard]] const Token& token_after() const {
        return tokens_[std::min(next_ + 1, tokens_.size() - 1)];
    }

    static bool is_operator(const Token& token, std::string_view text) {
        return token.kind == Kind::Operator && token.text == text;
    }
    static bool is_word(const Token& token, std::string_view text) {
        return token.kind == Kind::Name && token.text == text;
    }
    bool skip_operator(std::string_view text) {
        if (!is_operator(token(), text)) return false;
        ++next_;
        return true;
    }
    bool skip_word(std::string_view text) {
        if (!is_word(token(), text)) return false;
        ++next_;
        return true;
    }

    template <typename... Args>
    bool fail_at(std::size_t at, fmt::format_string<Args...> format, Args&&... args) {
        error_ = {at, make_error(Errc::Parse, format, std::forward<Args>(args)...)};
        return false;
    }
    template <typename... Args>
    bool fail(fmt::format_string<Args...> format, Args&&... args) {
        return fail_at(token().at, format, std::forward<Args>(args)...);
    }

    bool expect(std::string_view text) {
        if (skip_operator(text)) return true;
        if (token().kind == Kind::End) return fail("'{}' is missing at the end", text);
        return fail("'{}' was expected instead of '{}'", text, token().text);
    }

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
            ++next_;
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
            ++next_;
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
            next_ += 2;
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
            ++next_;
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
        ++next_;
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
        ++next_;
        return true;
    }

    bool parse_range(Expr& out) {
        out.op = Op::Range;
        ++next_;
        if (!expect("(") || !parse_items(out.parts, ")")) return false;
        if (!out.parts.empty() && out.parts.size() <= 3) return true;
        return fail_at(out.at, "range takes 1 to 3 numbers");
    }

    // Items with commas up to the closing bracket; a comma may stand before it.
    bool parse_items(std::vector<Expr>& items, std::string_view close) {
        while (!skip_operator(close)) {
            if (!items.empty() && (!expect(",") || skip_operator(close))) return !error_set();
            items.emplace_back();
            if (!parse_expression_in(items.back())) return false;
        }
        return true;
    }
    [[nodiscard]] bool error_set() const { return !error_.error.text.empty(); }

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
        ++next_;
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
        ++next_;
        CallArguments given;
        if (skip_operator("(") && !parse_call(given)) return false;
        return bind_filter(out, *out.filter, std::move(given), at);
    }

    struct CallArguments {
        std::vector<Expr> positional;
        std::vector<std::pair<std::string, Expr>> named;
    };

    bool parse_call(CallArguments& out) {
        while (!skip_operator(")")) {
            const bool first = out.positional.empty() && out.named.empty();
            if (!first && !expect(",")) return false;
            if (!first && skip_operator(")")) return true;
            if (token().kind == Kind::Name && is_operator(token_after(), "=")) {
                out.named.emplace_back(token().text, Expr{});
                next_ += 2;
                if (!parse_expression_in(out.named.back().second)) return false;
            } else {
                if (!out.named.empty()) return fail("an argument without a name behind named ones");
                out.positional.emplace_back();
                if (!parse_expression_in(out.positional.back())) return false;
            }
        }
        return true;
    }

    // Puts the arguments into the places of the filter's parameters, parts[1..].
    bool bind_filter(Expr& out, const FilterSpec& filter, CallArguments given, std::size_t at) {
        const bool by_attribute = filter.inner == Inner::Filter && !given.named.empty();
        if (filter.inner != Inner::None && !by_attribute) {
            return bind_inner(out, filter, std::move(given), at);
        }
        if (given.positional.size() > filter.positional_max) {
            return fail_at(at, "'{}' takes at most {} arguments", filter.name,
                           filter.positional_max);
        }
        std::vector<Expr> places(kParametersMax);
        for (Expr& place : places) place.op = Op::Absent;
        for (std::size_t i = 0; i < given.positional.size(); ++i) {
            places[i] = std::move(given.positional[i]);
        }
        for (auto& [name, value] : given.named) {
            const auto begin = std::begin(filter.parameters);
            const auto found = std::find(begin, std::end(filter.parameters), name);
            if (found == std::end(filter.parameters)) {
                return fail_at(at, "'{}' has no argument called '{}'", filter.name, name);
            }
            Expr& place = places[static_cast<std::size_t>(found - begin)];
            if (place.op != Op::Absent) return fail_at(at, "'{}' is given twice", name);
            place = std::move(value);
        }
        for (std::size_t i = 0; i < filter.required; ++i) {
            if (places[i].op == Op::Absent) {
                return fail_at(at, "'{}' needs '{}'", filter.name, filter.parameters[i]);
            }
        }
        if (filter.has_pattern && !check_literal_pattern(places[0])) return false;
        for (Expr& place : places) out.parts.push_back(std::move(place));
        return true;
    }

    // map('filter', ...), select('test', ...), selectattr('name'[, 'test', ...]).
    bool bind_inner(Expr& out, const FilterSpec& filter, CallArguments given, std::size_t at) {
        if (!given.named.empty()) return fail_at(at, "'{}' takes no named arguments", filter.name);
        std::size_t place = 0;
        if (filter.required > 0) {  // the attribute's name
            if (given.positional.empty()) return fail_at(at, "'{}' needs a name", filter.name);
            out.parts.push_back(std::move(given.positional[place++]));
            if (given.positional.size() == 1) return true;
        }
        if (given.positional.size() <= place) {
            return fail_at(at, "'{}' needs the name of a {}", filter.name,
                           filter.inner == Inner::Filter ? "filter, or attribute=" : "test");
        }
        const Expr& name = given.positional[place++];
        if (name.op != Op::Literal || !name.literal.is_text()) {
            return fail_at(name.at, "the name must be literal text");
        }
        const std::string inner_name = name.literal.text();
        out.inner_begin = out.parts.size();
        for (std::size_t i = place; i < given.positional.size(); ++i) {
            out.parts.push_back(std::move(given.positional[i]));
        }
        return filter.inner == Inner::Filter ? resolve_inner_filter(out, inner_name, at)
                                             : resolve_inner_test(out, inner_name, at);
    }

    bool resolve_inner_filter(Expr& out, const std::string& name, std::size_t at) {
        out.inner_filter = find_filter(name);
        if (out.inner_filter == nullptr) {
            return fail_at(at, "no filter is called '{}'{}", name, filter_hint(name));
        }
        const std::size_t count = out.parts.size() - out.inner_begin;
        if (out.inner_filter->inner != Inner::None) {
            return fail_at(at, "'{}' cannot be called by map", name);
        }
        if (count < out.inner_filter->required || count > out.inner_filter->positional_max) {
            return fail_at(at, "'{}' cannot take {} arguments", name, count);
        }
        return !out.inner_filter->has_pattern || count == 0 ||
               check_literal_pattern(out.parts[out.inner_begin]);
    }

    bool resolve_inner_test(Expr& out, const std::string& name, std::size_t at) {
        out.inner_test = find_test(name);
        if (out.inner_test == nullptr) {
            return fail_at(at, "no test is called '{}'{}", name, test_hint(name));
        }
        const std::size_t count = out.parts.size() - out.inner_begin;
        if (count != out.inner_test->arguments) {
            return fail_at(at, "the test '{}' takes {} arguments, not {}", name,
                           out.inner_test->arguments, count);
        }
        return !out.inner_test->has_pattern || check_literal_pattern(out.parts[out.inner_begin]);
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
        ++next_;
        CallArguments given;
        if (skip_operator("(")) {
            if (!parse_call(given)) return false;
        } else if (out.test->arguments > 0) {  // `x is in [1, 2]`
            given.positional.emplace_back();
            if (!parse_primary(given.positional[0]) || !parse_postfix(given.positional[0])) {
                return false;
            }
        }
        if (!given.named.empty()) return fail_at(at, "the test '{}' takes no names", out.text);
        if (given.positional.size() != out.test->arguments) {
            return fail_at(at, "the test '{}' takes {} arguments, not {}", out.text,
                           out.test->arguments, given.positional.size());
        }
        if (out.test->has_pattern && !check_literal_pattern(given.positional[0])) return false;
        for (Expr& argument : given.positional) out.parts.push_back(std::move(argument));
        return true;
    }

    bool check_literal_pattern(const Expr& pattern) {
        if (pattern.op != Op::Literal || !pattern.literal.is_text()) return true;
        const auto status = check_pattern(pattern.literal.text());
        return status || fail_at(pattern.at, "{}", status.error().text);
    }

    const std::vector<Token>& tokens_;
    ExpressionError& error_;
    std::size_t next_ = 0;
    std::size_t depth_ = 0;
};

// How deep the evaluator will call itself: `a + a + a ...` nests without a single bracket.
std::size_t height_of(const Expr& expr) {
    std::size_t highest = 0;
    for (const Expr& part : expr.parts) highest = std::max(highest, height_of(part));
    return highest + 1;
}

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

void for_each_name(const Expr& expr, FunctionRef<void(const std::string&)> visit) {
    if (expr.op == Op::Name) visit(expr.text);
    for (const Expr& part : expr.parts) for_each_name(part, visit);
}

void for_each_literal_text(const Expr& expr, FunctionRef<void(const std::string&)> visit) {
    if (expr.op == Op::Literal && expr.literal.is_text()) visit(expr.literal.text());
    for (const Expr& part : expr.parts) for_each_literal_text(part, visit);
}

}  // namespace homeostat::playbook
