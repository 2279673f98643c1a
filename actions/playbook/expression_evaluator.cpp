#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "actions/playbook/expression.hpp"
#include "actions/playbook/functions.hpp"
#include "actions/playbook/utf8.hpp"

namespace homeostat::playbook {
namespace {

using Op = Expr::Op;

Error overflow() {
    return make_error(Errc::Limit, "a number grew beyond 64 bits");
}

std::int64_t whole(const Value& value) {
    return value.is_bool() ? static_cast<std::int64_t>(value.boolean()) : value.integer();
}

bool is_whole(const Value& value) {
    return value.is_bool() || value.is_int();
}

// Rounds down, as Python does: -7 // 2 is -4. REQUIRES: divisor is not 0.
Result<Value> floor_divide(std::int64_t dividend, std::int64_t divisor) {
    if (dividend == std::numeric_limits<std::int64_t>::min() && divisor == -1) return overflow();
    const std::int64_t quotient = dividend / divisor;
    const bool inexact = dividend % divisor != 0;
    return Value(quotient - ((inexact && (dividend < 0) != (divisor < 0)) ? 1 : 0));
}

// Takes the sign of the divisor: -7 % 3 is 2. REQUIRES: divisor is not 0.
std::int64_t floor_modulo(std::int64_t dividend, std::int64_t divisor) {
    if (divisor == -1) return 0;
    const std::int64_t rest = dividend % divisor;
    return rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest;
}

Result<Value> integer_arithmetic(char op, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    switch (op) {
        case '+':
            if (__builtin_add_overflow(a, b, &result)) return overflow();
            return Value(result);
        case '-':
            if (__builtin_sub_overflow(a, b, &result)) return overflow();
            return Value(result);
        case '*':
            if (__builtin_mul_overflow(a, b, &result)) return overflow();
            return Value(result);
        case '%': return Value(floor_modulo(a, b));
        default: return floor_divide(a, b);
    }
}

Result<Value> float_arithmetic(char op, double a, double b) {
    switch (op) {
        case '+': return Value(a + b);
        case '-': return Value(a - b);
        case '*': return Value(a * b);
        case '%': {
            const double rest = std::fmod(a, b);
            return Value(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
        }
        default: return Value(std::floor(a / b));
    }
}

Result<Value> add_sequences(const Value& a, const Value& b) {
    if (a.is_text()) return bounded_text(a.text() + b.text());
    if (a.list().size() + b.list().size() > 2 * kItemsMax) {
        return make_error(Errc::Limit, "a list grew beyond {} items", 2 * kItemsMax);
    }
    ValueList joined = a.list();
    joined.insert(joined.end(), b.list().begin(), b.list().end());
    return Value(std::move(joined));
}

// 'ab' * 2, as Python repeats it; nothing for 0 and less.
Result<Value> repeat_sequence(const Value& sequence, std::int64_t times) {
    const std::size_t size = sequence.is_text() ? sequence.text().size() : sequence.list().size();
    const std::size_t size_max = sequence.is_text() ? kTextBytesMax : 2 * kItemsMax;
    const auto count = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
    if (size != 0 && count > size_max / size) {
        return make_error(Errc::Limit, "{} grew beyond {} {}",
                          sequence.is_text() ? "a text" : "a list", size_max,
                          sequence.is_text() ? "bytes" : "items");
    }
    std::string text;
    ValueList list;
    for (std::size_t i = 0; i < (size == 0 ? 0 : count); ++i) {
        if (sequence.is_text()) {
            text += sequence.text();
        } else {
            list.insert(list.end(), sequence.list().begin(), sequence.list().end());
        }
    }
    if (sequence.is_text()) return Value(std::move(text));
    return Value(std::move(list));
}

Result<Value> arithmetic(const std::string& op, const Value& a, const Value& b) {
    if (op == "+" && ((a.is_text() && b.is_text()) || (a.is_list() && b.is_list()))) {
        return add_sequences(a, b);
    }
    const auto is_sequence = [](const Value& value) { return value.is_text() || value.is_list(); };
    if (op == "*" && is_sequence(a) && is_whole(b)) return repeat_sequence(a, whole(b));
    if (op == "*" && is_whole(a) && is_sequence(b)) return repeat_sequence(b, whole(a));
    if (!a.is_number() || !b.is_number()) {
        return make_error(Errc::Invalid, "'{}' needs two numbers, not {} and {}", op,
                          name_of(a.kind()), name_of(b.kind()));
    }
    if (op != "+" && op != "-" && op != "*" && b.number() == 0) {
        return make_error(Errc::Invalid, "division by zero");
    }
    if (op == "/") return Value(a.number() / b.number());
    const char kind = op == "//" ? 'd' : op[0];
    if (is_whole(a) && is_whole(b)) return integer_arithmetic(kind, whole(a), whole(b));
    return float_arithmetic(kind, a.number(), b.number());
}

Result<bool> contains(const Value& container, const Value& item) {
    if (container.is_text()) {
        if (item.is_text()) return container.text().find(item.text()) != std::string::npos;
    } else if (container.is_map()) {
        return item.is_text() && container.map().find(item.text()) != nullptr;
    } else if (container.is_list()) {
        for (const Value& each : container.list()) {
            if (equal(each, item)) return true;
        }
        return false;
    }
    return make_error(Errc::Invalid, "'in' cannot look for {} in {}", name_of(item.kind()),
                      name_of(container.kind()));
}

Result<bool> compare_by(const std::string& op, const Value& a, const Value& b) {
    if (op == "==") return equal(a, b);
    if (op == "!=") return !equal(a, b);
    if (op == "in" || op == "not in") {
        const auto found = contains(b, a);
        if (!found) return found.error();
        return *found == (op == "in");
    }
    const auto order = compare(a, b);
    if (!order) return order.error();
    if (op == "<") return *order < 0;
    if (op == "<=") return *order <= 0;
    if (op == ">") return *order > 0;
    return *order >= 0;
}

// Python's slice of `size` places: negative ends count from behind, all are cut to fit.
std::pair<std::size_t, std::size_t> slice_of(std::optional<std::int64_t> begin,
                                             std::optional<std::int64_t> end, std::size_t size) {
    const auto length = static_cast<std::int64_t>(size);
    const auto place = [&](std::int64_t at) {
        if (at < 0) at = at < -length ? 0 : at + length;
        return static_cast<std::size_t>(at > length ? length : at);
    };
    const std::size_t first = place(begin.value_or(0));
    const std::size_t last = place(end.value_or(length));
    return {first, last < first ? first : last};
}

// Walks the tree. A Value that is undefined travels up until somebody needs it.
class Evaluator {
public:
    explicit Evaluator(Scope& scope) : scope_(scope) {}

    Result<Value> eval(const Expr& expr) {
        switch (expr.op) {
            case Op::Literal: return expr.literal;
            case Op::Name: return scope_.find(expr.text);
            case Op::Attribute: return eval_attribute(expr);
            case Op::Index: return eval_index(expr);
            case Op::Slice: return eval_slice(expr);
            case Op::Method: return eval_method(expr);
            case Op::Range: return eval_range(expr);
            case Op::Filter: return eval_filter(expr);
            case Op::Test: return eval_test(expr);
            case Op::List: return eval_list(expr);
            case Op::Mapping: return eval_mapping(expr);
            case Op::Not: return eval_not(expr);
            case Op::Negate: return eval_negate(expr);
            case Op::And:
            case Op::Or: return eval_logic(expr);
            case Op::If: return eval_if(expr);
            case Op::Compare: return eval_compare(expr);
            case Op::Arithmetic: return eval_arithmetic(expr);
            case Op::Concat: return eval_concat(expr);
            case Op::Absent: break;
        }
        return make_error(Errc::Invalid, "an expression has a part missing");
    }

private:
    // A value that is defined, though things inside it may not be.
    Result<Value> need(const Expr& expr) {
        auto value = eval(expr);
        if (value && value->is_undefined()) {
            return make_error(Errc::NotFound, "{}", value->why_undefined());
        }
        if (value && value->is_omit()) {
            return make_error(Errc::Invalid, "'omit' can only stand alone or in default(omit)");
        }
        return value;
    }

    Result<Value> eval_attribute(const Expr& expr) {
        auto object = eval(expr.parts[0]);
        if (!object || object->is_undefined()) return object;
        return element_of(*object, Value(expr.text));
    }

    Result<Value> eval_index(const Expr& expr) {
        auto object = eval(expr.parts[0]);
        if (!object || object->is_undefined()) return object;
        const auto key = need(expr.parts[1]);
        if (!key) return key;
        return element_of(*object, *key);
    }

    Result<std::optional<std::int64_t>> bound(const Expr& expr) {
        if (expr.op == Op::Absent) return std::optional<std::int64_t>();
        const auto value = need(expr);
        if (!value) return value.error();
        if (!is_whole(*value)) {
            return make_error(Errc::Invalid, "a slice needs numbers, not {}",
                              name_of(value->kind()));
        }
        return std::optional<std::int64_t>(whole(*value));
    }

    Result<Value> eval_slice(const Expr& expr) {
        const auto object = need(expr.parts[0]);
        if (!object) return object;
        const auto begin = bound(expr.parts[1]);
        if (!begin) return begin.error();
        const auto end = bound(expr.parts[2]);
        if (!end) return end.error();
        if (object->is_list()) {
            const ValueList& list = object->list();
            const auto [first, last] = slice_of(*begin, *end, list.size());
            return Value(ValueList(list.begin() + static_cast<std::ptrdiff_t>(first),
                                   list.begin() + static_cast<std::ptrdiff_t>(last)));
        }
        if (!object->is_text()) {
            return make_error(Errc::Invalid, "{} has no slices", name_of(object->kind()));
        }
        const auto characters = split_characters(object->text());
        const auto [first, last] = slice_of(*begin, *end, characters.size());
        std::string text;
        for (std::size_t i = first; i < last; ++i) text += characters[i];
        return Value(std::move(text));
    }

    // Evaluates parts[from..]; Absent ones give nothing.
    Status eval_arguments(const Expr& expr, std::size_t from, bool may_be_undefined,
                          std::vector<std::optional<Value>>& out) {
        for (std::size_t i = from; i < expr.parts.size(); ++i) {
            if (expr.parts[i].op == Op::Absent) {
                out.emplace_back();
                continue;
            }
            auto value = may_be_undefined ? eval(expr.parts[i]) : need(expr.parts[i]);
            if (!value) return value.error();
            out.emplace_back(std::move(*value));
        }
        return Ok{};
    }

    Result<Value> eval_method(const Expr& expr) {
        const auto object = need(expr.parts[0]);
        if (!object) return object;
        std::vector<std::optional<Value>> arguments;
        if (auto done = eval_arguments(expr, 1, false, arguments); !done) return done.error();
        return expr.method->apply(*object, arguments);
    }

    Result<Value> eval_range(const Expr& expr) {
        std::array<std::int64_t, 3> bounds{0, 0, 1};
        for (std::size_t i = 0; i < expr.parts.size(); ++i) {
            const auto value = need(expr.parts[i]);
            if (!value) return value;
            if (!is_whole(*value)) return make_error(Errc::Invalid, "range needs whole numbers");
            bounds[expr.parts.size() == 1 ? 1 : i] = whole(*value);
        }
        const auto [begin, end, step] = bounds;
        if (step == 0) return make_error(Errc::Invalid, "range with a step of 0");
        ValueList list;
        std::int64_t at = begin;
        while (step > 0 ? at < end : at > end) {
            if (list.size() == kItemsMax) {
                return make_error(Errc::Limit, "range of more than {} numbers", kItemsMax);
            }
            list.emplace_back(at);
            if (__builtin_add_overflow(at, step, &at)) break;
        }
        return Value(std::move(list));
    }

    Result<Value> eval_filter(const Expr& expr) {
        const FilterSpec& filter = *expr.filter;
        auto subject = filter.takes_undefined ? eval(expr.parts[0]) : need(expr.parts[0]);
        if (!subject) {
            // What is undefined on the way to `default` is what default is for.
            if (!filter.takes_undefined || subject.error().code != Errc::NotFound) return subject;
            subject = Value::undefined(std::string(subject.error().text.view()));
        }
        std::vector<std::optional<Value>> arguments;
        if (auto done = eval_arguments(expr, 1, filter.takes_undefined, arguments); !done) {
            return done.error();
        }
        const auto begin = expr.inner_begin == 0 ? arguments.size() : expr.inner_begin - 1;
        const Arguments all(arguments);
        return apply_filter(filter, *subject, all.subspan(0, begin),
                            {expr.inner_filter, expr.inner_test, all.subspan(begin)});
    }

    Result<Value> eval_test(const Expr& expr) {
        auto subject = expr.test->takes_undefined ? eval(expr.parts[0]) : need(expr.parts[0]);
        if (!subject) {
            if (!expr.test->takes_undefined || subject.error().code != Errc::NotFound) {
                return subject;
            }
            subject = Value::undefined(std::string(subject.error().text.view()));
        }
        std::vector<std::optional<Value>> arguments;
        if (auto done = eval_arguments(expr, 1, false, arguments); !done) return done.error();
        const auto holds = apply_test(*expr.test, *subject, arguments);
        if (!holds) return holds.error();
        return Value(*holds != expr.negated);
    }

    Result<Value> eval_list(const Expr& expr) {
        ValueList list;
        for (const Expr& part : expr.parts) {
            auto value = eval(part);
            if (!value) return value;
            list.push_back(std::move(*value));
        }
        return Value(std::move(list));
    }

    Result<Value> eval_mapping(const Expr& expr) {
        Map map;
        for (std::size_t i = 0; i + 1 < expr.parts.size(); i += 2) {
            const auto key = need(expr.parts[i]);
            if (!key) return key;
            if (!key->is_text()) return make_error(Errc::Invalid, "a key must be text");
            auto value = eval(expr.parts[i + 1]);
            if (!value) return value;
            map.set(key->text(), std::move(*value));
        }
        return Value(std::move(map));
    }

    Result<Value> eval_not(const Expr& expr) {
        const auto value = need(expr.parts[0]);
        if (!value) return value;
        return Value(!is_true(*value));
    }

    Result<Value> eval_negate(const Expr& expr) {
        const auto value = need(expr.parts[0]);
        if (!value) return value;
        if (value->is_float()) return Value(-value->number());
        if (!is_whole(*value)) {
            return make_error(Errc::Invalid, "'-' needs a number, not {}", name_of(value->kind()));
        }
        return integer_arithmetic('-', 0, whole(*value));
    }

    // Stops early and gives the operand that decided.
    Result<Value> eval_logic(const Expr& expr) {
        auto left = need(expr.parts[0]);
        if (!left) return left;
        const bool decided = is_true(*left) == (expr.op == Op::Or);
        return decided ? left : need(expr.parts[1]);
    }

    Result<Value> eval_if(const Expr& expr) {
        const auto condition = need(expr.parts[1]);
        if (!condition) return condition;
        return eval(expr.parts[is_true(*condition) ? 0 : 2]);
    }

    // a < b < c asks a < b, then b < c, and evaluates b once.
    Result<Value> eval_compare(const Expr& expr) {
        auto left = need(expr.parts[0]);
        if (!left) return left;
        for (std::size_t i = 0; i < expr.operators.size(); ++i) {
            auto right = need(expr.parts[i + 1]);
            if (!right) return right;
            const auto holds = compare_by(expr.operators[i], *left, *right);
            if (!holds) return holds.error();
            if (!*holds) return Value(false);
            left = std::move(right);
        }
        return Value(true);
    }

    Result<Value> eval_arithmetic(const Expr& expr) {
        const auto left = need(expr.parts[0]);
        if (!left) return left;
        const auto right = need(expr.parts[1]);
        if (!right) return right;
        return arithmetic(expr.operators[0], *left, *right);
    }

    Result<Value> eval_concat(const Expr& expr) {
        const auto left = need(expr.parts[0]);
        if (!left) return left;
        const auto right = need(expr.parts[1]);
        if (!right) return right;
        return bounded_text(to_str(*left) + to_str(*right));
    }

    Scope& scope_;
};

}  // namespace

Result<Value> evaluate(const Expr& expr, Scope& scope) {
    return Evaluator(scope).eval(expr);
}

}  // namespace homeostat::playbook
