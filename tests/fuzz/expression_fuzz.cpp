// Parses and evaluates arbitrary bytes as an expression, as text with expressions, and as shell
// words.
#include <cstddef>
#include <cstdint>

#include "actions/playbook/json.hpp"
#include "actions/playbook/template.hpp"
#include "actions/playbook/utf8.hpp"
#include "actions/playbook/words.hpp"

namespace {

using namespace homeostat;
using namespace homeostat::playbook;

class FewNames final : public Scope {
public:
    Result<Value> find(const std::string& name) override {
        if (++steps_ > kEvaluationStepsMax) return make_error(Errc::Limit, "steps");
        if (name == "n") return Value(7);
        if (name == "t") return Value("some text");
        if (name == "l") return Value(ValueList{1, "a", Value(), 2.5, ValueList{true}});
        if (name == "m") return Value(Map{{"a", 1}, {"b", Map{{"c", "d"}}}, {"failed", false}});
        if (name == "omit") return Value::omit();
        return Value::undefined(name);
    }

private:
    std::size_t steps_ = 0;
};

void use(const Value& value) {
    if (require_defined(value)) compact_json(value);
    to_repr(value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const Backslash backslash : {Backslash::Escapes, Backslash::Literal}) {
        Expr expr;
        ExpressionError error;
        if (!parse_expression(text, backslash, expr, error)) {
            if (error.error.text.empty() || error.at > size) __builtin_trap();
            continue;
        }
        FewNames names;
        if (const auto value = evaluate(expr, names)) use(*value);
    }
    YamlNode node;
    node.kind = YamlNode::Kind::Text;
    node.text = to_valid_utf8(text);
    if (const auto compiled = compile_template(node, "fuzz.yml")) {
        FewNames names;
        if (const auto value = render(*compiled, names)) use(*value);
    }
    static_cast<void>(split_words(text));
    if (const auto json = parse_json(text)) use(*json);
    return 0;
}
