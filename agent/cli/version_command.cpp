#include <CLI/CLI.hpp>

#include "agent/cli/command.hpp"
#include "agent/version.hpp"

namespace homeostat {

void add_version_command(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("version", "Print the version");
    command->callback(
        [&session] { session.out << "homeostat " << kVersion << " (" << kBuildKind << ")\n"; });
    command->footer("Example: homeostat version");
}

}  // namespace homeostat
