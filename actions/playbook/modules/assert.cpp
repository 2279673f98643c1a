// The module `assert`: what must be true before, or after, a repair.
#include <array>

#include "actions/playbook/modules/modules.hpp"

namespace homeostat::playbook {
namespace {

Status validate(const Parameters& parameters) {
    if (!parameters.has("that")) return make_error(Errc::Invalid, "'that' is missing");
    return Ok{};
}

ModuleResult refuted(const ModuleCall& call, const std::string& assertion) {
    ModuleResult result = failure(call.parameters.text("fail_msg", "Assertion failed"));
    result.fields.set("assertion", assertion);
    result.fields.set("evaluated_to", false);
    return result;
}

ModuleResult run(const ModuleCall& call) {
    for (const SourcedExpr& that : *call.parameters.find("that")->expressions) {
        const auto value = evaluate(that.expr, call.scope);
        if (!value) return failure(fmt::format("'{}': {}", that.source, value.error().text));
        if (value->is_undefined()) {
            return failure(fmt::format("'{}': {}", that.source, value->why_undefined()));
        }
        if (!value->is_bool()) {
            return failure(
                fmt::format("'{}' is {}, not true or false", that.source, name_of(value->kind())));
        }
        if (!value->boolean()) return refuted(call, that.source);
    }
    ModuleResult result;
    result.fields = Map{{"changed", false},
                        {"msg", call.parameters.text("success_msg", "All assertions passed")}};
    return result;
}

constexpr std::array<ParameterSpec, 4> kParameters{{
    {"that", ParameterType::Expressions},
    {"fail_msg", ParameterType::Text, {}, "msg"},
    {"success_msg"},
    {"quiet", ParameterType::Bool},
}};

}  // namespace

const ModuleSpec kAssertModule{
    .name = "assert", .parameters = kParameters, .run = run, .validate = validate};

}  // namespace homeostat::playbook
