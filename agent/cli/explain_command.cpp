#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/config/config.hpp"
#include "agent/incidents/explanation.hpp"
#include "agent/incidents/incident_json.hpp"
#include "agent/incidents/incident_store.hpp"
#include "agent/incidents/preferences_file.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string id;
    std::string state = kStateDirectory;
    bool json = false;
};

void explain(Session& session, const Options& options) {
    const auto incident = IncidentStore(options.state).find(options.id);
    if (!incident) {
        session.errors << "homeostat: " << incident.error().text.view() << "\n";
        session.exit_code = 1;
        return;
    }
    if (options.json) {
        session.out << to_json_text(*incident) << "\n";
        return;
    }
    const auto preferences = load_preferences(options.state);
    if (!preferences) session.errors << "homeostat: " << preferences.error().text.view() << "\n";
    session.out << explain_incident(*incident, preferences ? *preferences : Preferences{});
}

}  // namespace

void add_explain_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("explain", "Why an incident opened, and which causes were considered");
    command->add_option("id", options->id, "Incident id, or its beginning")->required();
    command->add_option("--state", options->state, "State directory")->capture_default_str();
    command->add_flag("--json", options->json, "Print all of it as JSON");
    command->footer("Example: homeostat explain 019ab3c4-6e2f-7a01");
    command->callback([&session, options] { explain(session, *options); });
}

}  // namespace homeostat
