#include "actions/playbook/modules/registry.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "actions/playbook/modules/modules.hpp"
#include "core/nearest.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::string_view kCollection = "ansible.builtin.";

constexpr std::array<ModuleRow, 16> kModules{{
    {"assert", &kAssertModule, "checks that conditions hold"},
    {"command", &kCommandModule, "runs a program, without a shell"},
    {"copy", &kCopyModule, "writes a file with the given content"},
    {"debug", &kDebugModule, "shows a message or a value"},
    {"fail", &kFailModule, "fails with a message"},
    {"file", &kFileModule, "makes, removes and sets attributes of files and directories"},
    {"find", &kFindModule, "finds files by name, age and size"},
    {"pause", &kPauseModule, "waits"},
    {"service", &kServiceModule, "starts, stops and enables units"},
    {"set_fact", &kSetFactModule, "names values for later tasks"},
    {"shell", &kShellModule, "runs shell text, where the policy allows it"},
    {"stat", &kStatModule, "tells what is at a path"},
    {"systemd", &kSystemdModule, "starts, stops and enables units, and reloads systemd"},
    {"systemd_service", &kSystemdModule, "the same as systemd"},
    {"uri", &kUriModule, "asks an HTTP server"},
    {"wait_for", &kWaitForModule, "waits for a port or a file"},
}};

// Common, not among them, and what to write instead (section 7 of the language).
struct Advice {
    std::string_view name;
    std::string_view advice;
};
constexpr std::array<Advice, 21> kAdvice{{
    {"template", "use copy with 'content'"},
    {"lineinfile", "use copy with 'content'"},
    {"blockinfile", "use copy with 'content'"},
    {"replace", "use copy with 'content'"},
    {"reboot", "Ansible refuses it on a local connection as well"},
    {"apt", "use command: apt-get ..."},
    {"dnf", "use command: dnf ..."},
    {"yum", "use command: yum ..."},
    {"package", "use the package manager with command"},
    {"cron", "not for repairs"},
    {"user", "not for repairs"},
    {"group", "not for repairs"},
    {"get_url", "not for repairs"},
    {"unarchive", "not for repairs"},
    {"script", "not for repairs: use command or shell"},
    {"raw", "use command or shell"},
    {"setup", "use 'gather_facts: true' of the play"},
    {"include_tasks", "one file holds all tasks"},
    {"import_tasks", "one file holds all tasks"},
    {"include_role", "one file holds all tasks"},
    {"import_role", "one file holds all tasks"},
}};

std::string_view short_name(std::string_view name) {
    return name.starts_with(kCollection) ? name.substr(kCollection.size()) : name;
}

}  // namespace

std::span<const ModuleRow> module_table() {
    return kModules;
}

const ModuleSpec* find_module(std::string_view name) {
    const auto found = std::find_if(kModules.begin(), kModules.end(), [&](const ModuleRow& row) {
        return row.name == short_name(name);
    });
    return found == kModules.end() ? nullptr : found->spec;
}

std::string unknown_module_advice(std::string_view name) {
    for (const Advice& row : kAdvice) {
        if (row.name == short_name(name)) return fmt::format("'{}': {}", name, row.advice);
    }
    if (name.starts_with("with_")) return fmt::format("'{}': use 'loop'", name);
    std::vector<std::string_view> names;
    for (const ModuleRow& row : kModules) names.push_back(row.name);
    return fmt::format("'{}' is neither a module nor a key of a task{}", name,
                       did_you_mean(short_name(name), names));
}

const ModuleSpec& gather_facts_module() {
    return kGatherFactsModule;
}

}  // namespace homeostat::playbook
