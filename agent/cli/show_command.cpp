#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/cli/watcher_notice.hpp"
#include "agent/config/config.hpp"
#include "agent/incidents/incident_json.hpp"
#include "agent/incidents/incident_store.hpp"
#include "agent/incidents/page.hpp"
#include "agent/incidents/story.hpp"
#include "core/output_file.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string id;
    std::string state = kStateDirectory;
    std::string html;
    bool json = false;
};

// For people with a browser; a file of theirs may be replaced, nothing else.
void write_page(Session& session, const Options& options, const Incident& incident,
                std::string_view snapshot) {
    const auto written = write_output_file(
        options.html, incident_page(incident, session.host.clock.now().unix_ns, snapshot));
    if (!written) return session.fail(written.error().text);
    session.out << "Written: " << options.html << "\n";
}

void show_incident(Session& session, const Options& options) {
    const IncidentStore store(options.state);
    const auto incident = store.find(options.id);
    if (!incident) {
        session.complain(incident.error().text);
        session.exit_code = 1;
        return;
    }
    warn_if_silent(session, options.state);
    const auto snapshot = store.processes(incident->id);
    if (!options.html.empty()) {
        write_page(session, options, *incident, snapshot ? snapshot->text : std::string());
    } else if (options.json) {
        session.out << to_json_text(*incident) << "\n";
    } else {
        session.out << tell_story(*incident, session.host.clock.now().unix_ns);
        if (snapshot) session.out << "Processes at the onset: " << snapshot->path << "\n";
    }
}

}  // namespace

void add_show_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("show", "Tell one incident's story");
    command->add_option("id", options->id, "Incident id, or its beginning")->required();
    command->add_option("--state", options->state, "State directory")->capture_default_str();
    command->add_option("--html", options->html, "Write it as one page with plots to this file");
    command->add_flag("--json", options->json, "Print all of it as JSON");
    command->footer("Example: homeostat show 019ab3c4-6e2f-7a01");
    command->callback([&session, options] { show_incident(session, *options); });
}

}  // namespace homeostat
