#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/config/config.hpp"
#include "agent/incidents/incident_store.hpp"
#include "agent/incidents/preferences_file.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string id;
    std::string opinion;
    std::string state = kStateDirectory;
    bool undo = false;
};

int fail(Session& session, const Error& error) {
    session.errors << "homeostat: " << error.text.view() << "\n";
    return 1;
}

Opinion opinion_of(std::string_view word) {
    if (word == "useful") return Opinion::Useful;
    return word == "noise" ? Opinion::Noise : Opinion::WrongCause;
}

int give(Session& session, const Options& options) {
    const auto incident = IncidentStore(options.state).find(options.id);
    if (!incident) return fail(session, incident.error());
    Preferences preferences;
    const auto saved = change_preferences(options.state, [&](Preferences& now) {
        auto given = give_feedback(now, *incident, opinion_of(options.opinion), options.undo);
        preferences = now;
        return given;
    });
    if (!saved) return fail(session, saved.error());
    for (const Finding& finding : incident->findings) {
        const auto* effect = preferences.feedback_of(finding.condition, finding.subject.name);
        if (effect == nullptr) continue;
        session.out << fmt::format(
            "{} on {}: must hold {} longer than its own time before it opens an incident\n",
            finding.condition,
            finding.subject.name.empty() ? "this host" : finding.subject.name.view(),
            to_text(preferences.extra_confirm(finding.condition, finding.subject.name)));
    }
    return 0;
}

}  // namespace

void add_feedback_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("feedback", "Say what an incident was worth");
    command->add_option("id", options->id, "Incident id, or its beginning")->required();
    command->add_option("opinion", options->opinion, "useful, noise or wrong-cause")
        ->required()
        ->check(CLI::IsMember({"useful", "noise", "wrong-cause"}));
    command->add_option("--state", options->state, "State directory")->capture_default_str();
    command->add_flag("--undo", options->undo, "Take one such opinion back");
    command->footer(
        "Each 'noise' makes the condition wait a minute longer on that subject, five at most; "
        "each\n"
        "'useful' takes a minute back. `homeostat explain ID` shows it.\n"
        "Example: homeostat feedback 019ab3c4-6e2f-7a01 noise");
    command->callback([&session, options] { session.exit_code = give(session, *options); });
}

}  // namespace homeostat
