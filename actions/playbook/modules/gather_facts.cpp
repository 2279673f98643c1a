// What `gather_facts` finds out about this host.
#include "actions/playbook/facts.hpp"
#include "actions/playbook/modules/modules.hpp"

namespace homeostat::playbook {
namespace {

ModuleResult run(const ModuleCall& call) {
    ModuleResult result;
    result.fields =
        Map{{"changed", false},
            {"ansible_facts", gather_facts(call.environment.root, call.environment.clock.now())}};
    return result;
}

}  // namespace

const ModuleSpec kGatherFactsModule{.name = "gather_facts", .parameters = {}, .run = run};

}  // namespace homeostat::playbook
