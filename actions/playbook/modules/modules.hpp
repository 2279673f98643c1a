// The modules, each in a file of its own name. For the registry.
#pragma once

#include "actions/playbook/module.hpp"

namespace homeostat::playbook {

extern const ModuleSpec kAssertModule;
extern const ModuleSpec kCommandModule;
extern const ModuleSpec kCopyModule;
extern const ModuleSpec kDebugModule;
extern const ModuleSpec kFailModule;
extern const ModuleSpec kFileModule;
extern const ModuleSpec kFindModule;
extern const ModuleSpec kGatherFactsModule;
extern const ModuleSpec kPauseModule;
extern const ModuleSpec kServiceModule;
extern const ModuleSpec kSetFactModule;
extern const ModuleSpec kShellModule;
extern const ModuleSpec kStatModule;
extern const ModuleSpec kSystemdModule;
extern const ModuleSpec kUriModule;
extern const ModuleSpec kWaitForModule;

}  // namespace homeostat::playbook
