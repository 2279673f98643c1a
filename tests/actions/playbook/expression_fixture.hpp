// Evaluates expressions over a few names.
#pragma once

#include <string>
#include <string_view>

#include "actions/playbook/expression.hpp"

namespace homeostat::test {

class MapScope final : public playbook::Scope {
public:
    explicit MapScope(playbook::Map values) : values_(std::move(values)) {}
    Result<playbook::Value> find(const std::string& name) override {
        const playbook::Value* value = values_.find(name);
        return value != nullptr ? *value
                                : playbook::Value::undefined("'" + name + "' is undefined");
    }

private:
    playbook::Map values_;
};

// The repr of the value, "refused: ..." or "error: ...".
inline std::string eval(std::string_view source, playbook::Map names = {}) {
    playbook::Expr expr;
    playbook::ExpressionError problem;
    if (!parse_expression(source, playbook::Backslash::Escapes, expr, problem)) {
        return "refused: " + std::string(problem.error.text.view());
    }
    MapScope scope(std::move(names));
    const auto value = evaluate(expr, scope);
    if (!value) return "error: " + std::string(value.error().text.view());
    if (const auto defined = require_defined(*value); !defined) {
        return "error: " + std::string(defined.error().text.view());
    }
    return to_repr(*value);
}

struct EvalRow {
    std::string_view source;
    std::string_view result;
};

}  // namespace homeostat::test
