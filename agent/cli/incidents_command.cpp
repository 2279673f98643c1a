#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/cli/watcher_notice.hpp"
#include "agent/config/config.hpp"
#include "agent/incidents/incident_json.hpp"
#include "agent/incidents/incident_store.hpp"
#include "agent/incidents/story.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string state = kStateDirectory;
    bool json = false;
    bool open_only = false;
};

void list_incidents(Session& session, const Options& options) {
    const IncidentStore store(options.state);
    if (const auto readable = store.check(); !readable) {
        session.complain(readable.error().text);
        session.exit_code = 1;
        return;
    }
    const std::int64_t now = session.host.clock.now().unix_ns;
    warn_if_silent(session, options.state);
    std::size_t damaged = 0;
    const auto incidents = store.load(damaged);
    bool any = false;
    for (const Incident& incident : incidents) {
        if (options.open_only && incident.is_over()) continue;
        if (options.json) {
            session.out << to_json_line(incident) << "\n";
            continue;
        }
        if (!any) session.out << story_header();
        session.out << story_row(incident, now);
        any = true;
    }
    if (!any && !options.json) session.out << "No incidents. That is good news.\n";
    if (damaged > 0) {
        session.errors << "homeostat: " << damaged << " damaged files in " << options.state
                       << "/incidents were left out\n";
        session.exit_code = 1;
    }
}

}  // namespace

void add_incidents_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("incidents", "List the incidents, oldest first");
    command->add_option("--state", options->state, "State directory")->capture_default_str();
    command->add_flag("--open", options->open_only, "Only those that are not over");
    command->add_flag("--json", options->json, "One JSON object a line");
    command->footer("Example: homeostat incidents --open");
    command->callback([&session, options] { list_incidents(session, *options); });
}

}  // namespace homeostat
