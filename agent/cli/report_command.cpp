#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/config/config.hpp"
#include "agent/incidents/incident_store.hpp"
#include "agent/incidents/preferences_file.hpp"
#include "agent/incidents/report.hpp"
#include "agent/incidents/rule_report.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string since = "7d";
    std::string state = kStateDirectory;
    bool json = false;
};

void report(Session& session, const Options& options) {
    const auto since = parse_duration(options.since);
    if (!since) {
        session.errors << "homeostat: " << since.error().text.view() << "\n";
        session.exit_code = 2;
        return;
    }
    std::size_t damaged = 0;
    const auto incidents = IncidentStore(options.state).load(damaged);
    const auto preferences = load_preferences(options.state);
    if (!preferences) session.errors << "homeostat: " << preferences.error().text.view() << "\n";
    const Preferences said = preferences ? *preferences : Preferences{};
    const double days = since->seconds() / hours(24).seconds();
    const std::int64_t since_ns = session.host.clock.now().unix_ns - since->ns;
    const auto figures = figures_of(incidents, since_ns);
    if (options.json) {
        session.out << report_json(figures, said, days, rule_figures(incidents, since_ns));
        return;
    }
    session.out << report_text(figures, said, days)
                << rule_report_text(rule_figures(incidents, since_ns));
}

}  // namespace

void add_report_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("report", "How many incidents, how fast, how right, what it would do");
    command->add_option("--since", options->since, "How far back")->capture_default_str();
    command->add_option("--state", options->state, "State directory")->capture_default_str();
    command->add_flag("--json", options->json, "Print JSON");
    command->footer("Example: homeostat report --since 30d");
    command->callback([&session, options] { report(session, *options); });
}

}  // namespace homeostat
