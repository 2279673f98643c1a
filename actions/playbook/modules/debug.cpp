// The module `debug`: shows a message or a value.
#include <array>

#include "actions/playbook/modules/modules.hpp"

namespace homeostat::playbook {
namespace {

// Looking at a variable is no use of it: Ansible says this and goes on.
constexpr std::string_view kNotDefined = "VARIABLE IS NOT DEFINED!";

Status validate(const Parameters& parameters) {
    if (parameters.has("msg") && parameters.has("var")) {
        return make_error(Errc::Invalid, "either 'msg' or 'var'");
    }
    return Ok{};
}

ModuleResult run(const ModuleCall& call) {
    ModuleResult result;
    result.fields.set("changed", false);
    if (call.parameters.integer("verbosity", 0) > 0) {
        result.fields.set("skipped", true);
        result.fields.set("skipped_reason", "Verbosity threshold not met.");
        return result;
    }
    if (const Parameter* var = call.parameters.find("var")) {
        const SourcedExpr& shown = var->expressions->front();
        auto value = evaluate(shown.expr, call.scope);
        const bool unknown = value ? value->is_undefined() : value.error().code == Errc::NotFound;
        if (!value && !unknown) return failure(value.error());
        result.fields.set(shown.source, unknown ? Value(kNotDefined) : std::move(*value));
        return result;
    }
    const Parameter* msg = call.parameters.find("msg");
    result.fields.set("msg", msg == nullptr ? Value("Hello world!") : msg->value);
    return result;
}

constexpr std::array<ParameterSpec, 3> kParameters{{
    {"msg", ParameterType::Any},
    {"var", ParameterType::Expression},
    {"verbosity", ParameterType::Int},
}};

}  // namespace

const ModuleSpec kDebugModule{
    .name = "debug", .parameters = kParameters, .run = run, .validate = validate};

}  // namespace homeostat::playbook
