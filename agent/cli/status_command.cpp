#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/config/config.hpp"
#include "agent/status_file.hpp"
#include "core/file.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kStatusBytesMax = 1U << 20U;

struct Options {
    std::string state = kStateDirectory;
    bool json = false;
};

void show_status(Session& session, const Options& options) {
    const auto content = read_file(options.state + "/" + kStatusFile, kStatusBytesMax);
    if (!content) {
        session.errors << "homeostat: " << content.error().text.view()
                       << "\nIs the agent running, and is this its state directory?\n";
        session.exit_code = 1;
        return;
    }
    const auto text = status_text(*content, session.host.clock.now().unix_ns);
    if (!text) {
        session.errors << "homeostat: " << text.error().text.view() << "\n";
        session.exit_code = 1;
        return;
    }
    if (options.json) {  // as it is, now that it is known to be JSON
        session.out << *content;
        return;
    }
    session.out << *text;
}

}  // namespace

void add_status_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("status", "How the agent is, and what it has learned");
    command->add_option("--state", options->state, "State directory")->capture_default_str();
    command->add_flag("--json", options->json, "Print JSON");
    command->footer("Example: homeostat status --json | jq .destinations");
    command->callback([&session, options] { show_status(session, *options); });
}

}  // namespace homeostat
