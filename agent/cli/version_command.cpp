#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/parts.hpp"
#include "agent/revision.hpp"
#include "agent/version.hpp"

namespace homeostat {

void add_version_command(CLI::App& app, Session& session) {
    const auto verbose = std::make_shared<bool>(false);
    CLI::App* command = app.add_subcommand("version", "Print the version");
    command->add_flag("--verbose", *verbose, "Commit, compiler, and what it contains");
    command->callback([&session, verbose] {
        session.out << "homeostat " << kVersion << " (" << kBuildKind << ")\n";
        if (!*verbose) return;
        session.out << "revision " << kRevision << "\n";
        session.out << "compiler " << kCompiler << "\n";
        if (kStaticParts.empty()) session.out << "libraries: this host's, shared\n";
        for (const StaticPart& part : kStaticParts) {
            session.out << fmt::format("  {:<14} {:<24} {}\n", part.name, part.version,
                                       part.licence);
        }
    });
    command->footer("Example: homeostat version --verbose");
}

}  // namespace homeostat
