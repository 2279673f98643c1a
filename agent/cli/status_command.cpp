#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "agent/cli/command.hpp"
#include "agent/config/config.hpp"
#include "agent/fleet/fleet_summary.hpp"
#include "agent/incidents/preferences_file.hpp"
#include "agent/status_file.hpp"
#include "core/file.hpp"
#include "core/host_identity.hpp"
#include "core/printable.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string state = kStateDirectory;
    bool json = false;
};

// The watcher's words, with what its record says of the fleet.
std::string with_fleet(const std::string& content, const FleetSummary& fleet) {
    auto json = nlohmann::ordered_json::parse(content, nullptr, false);
    if (!json.is_object()) return content;
    json["fleet"] = to_json(fleet);
    return printable_json(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace)) +
           "\n";
}

void show_status(Session& session, const Options& options) {
    const auto content = read_file(options.state + "/" + kStatusFile, kStatusBytesMax);
    if (!content) {
        session.complain(content.error().text);
        session.errors << "Is the agent running, and is this its state directory?\n";
        session.exit_code = 1;
        return;
    }
    const auto said = load_preferences(options.state);  // what the watcher has not read yet, too
    const auto text =
        status_text(*content, session.host.clock.now().unix_ns, watcher_state(options.state),
                    said ? said->paused_until_unix_ns : 0);
    if (text && !text->alive) session.exit_code = 1;
    const auto fleet = read_fleet_summary(options.state, read_host_identity(session.host.root).id,
                                          session.host.clock.now().unix_ns);
    if (text && options.json) {
        session.out << (fleet ? with_fleet(*content, *fleet) : *content);
        if (!text->alive) session.complain("the watcher is silent: this is old");
        return;
    }
    if (!text) {
        session.complain(text.error().text);
        session.exit_code = 1;
        return;
    }
    session.out << text->text;
    if (fleet) session.out << "  fleet      " << printable(to_line(*fleet)) << "\n";
}

}  // namespace

void add_status_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("status", "How the agent is, and what it has learned");
    command->add_option("--state", options->state, "State directory")->capture_default_str();
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "Example: homeostat status --json | jq .destinations\n"
        "Exit status: 1 when there is no status, or the agent is gone without a word or hangs.");
    command->callback([&session, options] { show_status(session, *options); });
}

}  // namespace homeostat
