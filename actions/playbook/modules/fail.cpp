// The module `fail`: stops with a message.
#include <array>

#include "actions/playbook/modules/modules.hpp"

namespace homeostat::playbook {
namespace {

ModuleResult run(const ModuleCall& call) {
    return failure(call.parameters.text("msg", "Failed as requested from task"));
}

constexpr std::array<ParameterSpec, 1> kParameters{{{"msg"}}};

}  // namespace

const ModuleSpec kFailModule{.name = "fail", .parameters = kParameters, .run = run};

}  // namespace homeostat::playbook
