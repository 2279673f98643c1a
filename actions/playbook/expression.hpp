// Expressions: what stands in `when` and between {{ and }}. Section 4 of docs/playbooks.md.
//
// A text is parsed once, when the file is loaded: every filter, test, method and function is known
// from then on, so an unknown one refuses the file. Only values are left for later. Nothing here
// reaches beyond the values that a Scope hands in; work and memory are bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/value.hpp"
#include "core/function_ref.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

inline constexpr std::size_t kExpressionBytesMax = 4096;
inline constexpr std::size_t kExpressionDepthMax = 32;       // brackets inside each other
inline constexpr std::size_t kExpressionHeightMax = 200;     // operators on top of each other
inline constexpr std::size_t kEvaluationStepsMax = 200'000;  // names looked up for one parameter

struct FilterSpec;
struct TestSpec;
struct MethodSpec;

// One node of a parsed expression. Which fields count is told beside each operation.
struct Expr {
    enum class Op : std::uint8_t {
        Literal,     // literal
        Name,        // text
        Attribute,   // parts[0] . text
        Index,       // parts[0] [ parts[1] ]
        Slice,       // parts[0] [ parts[1] : parts[2] ], either may be Absent
        Method,      // parts[0] . text ( parts[1..] )
        Range,       // range ( parts )
        Filter,      // parts[0] | text ( parts[1..] ), one part per parameter
        Test,        // parts[0] is text ( parts[1..] )
        List,        // parts
        Mapping,     // keys and values in turn
        Not,         // parts[0]
        Negate,      // - parts[0]
        And,         // parts[0], parts[1]
        Or,          // parts[0], parts[1]
        If,          // parts[0] if parts[1] else parts[2]
        Compare,     // parts[0] operators[0] parts[1] operators[1] parts[2] ...
        Arithmetic,  // parts[0] operators[0] parts[1], one of + - * / // %
        Concat,      // parts[0] ~ parts[1]
        Absent,      // a parameter that was not given
    };

    Op op = Op::Literal;
    std::size_t at = 0;  // offset in the text, for messages
    std::string text;
    Value literal;
    bool negated = false;  // Test: `is not`
    std::vector<Expr> parts;
    std::vector<std::string> operators;
    const FilterSpec* filter = nullptr;  // Filter; for map('x'), select('x'): see inner
    const TestSpec* test = nullptr;
    const MethodSpec* method = nullptr;
    // What `map`, `select`, `reject`, `selectattr` and `rejectattr` call for each item: found when
    // the text is parsed. Its arguments are the parts from inner_begin on.
    const FilterSpec* inner_filter = nullptr;
    const TestSpec* inner_test = nullptr;
    std::size_t inner_begin = 0;
};

// How '\n' in quotes is read. Ansible turns backslash escapes off between {{ and }}, and leaves
// them on in conditions; so do we.
enum class Backslash : std::uint8_t { Escapes, Literal };

struct ExpressionError {
    std::size_t at = 0;  // offset in the text
    Error error;
};

// Parses the whole of `text`. On an error, `error` says where; the Expr is then of no use.
bool parse_expression(std::string_view text, Backslash backslash, Expr& expr,
                      ExpressionError& error);

// Where names get their values from.
class Scope {
public:
    virtual ~Scope() = default;

    // The value, or an undefined Value when there is no such name. Errors are those of computing
    // it (a variable may be an expression itself).
    virtual Result<Value> find(const std::string& name) = 0;
};

// May give an undefined value; require_defined() where one is needed. Errc::NotFound: something
// undefined was needed on the way.
Result<Value> evaluate(const Expr& expr, Scope& scope);

// How deep the evaluator will call itself: `a + a + a ...` nests without a single bracket.
std::size_t height_of(const Expr& expr);

// Calls `visit` with every name whose value may be looked up.
void for_each_name(const Expr& expr, FunctionRef<void(const std::string&)> visit);

// Calls `visit` with every literal text in it.
void for_each_literal_text(const Expr& expr, FunctionRef<void(const std::string&)> visit);

}  // namespace homeostat::playbook
