// The module `set_fact`: names for values that later tasks use.
#include "actions/playbook/modules/modules.hpp"

namespace homeostat::playbook {
namespace {

Status validate(const Parameters& parameters) {
    if (parameters.all.empty()) return make_error(Errc::Invalid, "no name is given");
    return Ok{};
}

// The engine takes the names from `ansible_facts`.
ModuleResult run(const ModuleCall& call) {
    Map facts;
    for (const Parameter& parameter : call.parameters.all) {
        facts.set(parameter.name, parameter.value);
    }
    ModuleResult result;
    result.fields = Map{{"changed", false}, {"ansible_facts", std::move(facts)}};
    return result;
}

}  // namespace

const ModuleSpec kSetFactModule{
    .name = "set_fact", .parameters = {}, .run = run, .validate = validate, .any_name = true};

}  // namespace homeostat::playbook
