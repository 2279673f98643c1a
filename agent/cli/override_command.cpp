// undo, pause, resume: what a person says over everything that acts by itself.
#include <CLI/CLI.hpp>
#include <memory>

#include "actions/actuator_client.hpp"
#include "agent/cli/command.hpp"
#include "agent/config/config.hpp"
#include "agent/incidents/incident_store.hpp"
#include "agent/incidents/preferences_file.hpp"

namespace homeostat {
namespace {

constexpr Duration kPatience = minutes(65);  // longer than the longest time limit of an action
constexpr Duration kSilence = seconds(2);    // before a person is told what is waited for

struct Options {
    std::string id;
    std::string length;
    std::string config = "/etc/homeostat";
    std::string state = kStateDirectory;
    std::string socket = kActuatorSocket;
};

void fail(Session& session, const Error& error) {
    session.errors << "homeostat: " << error.text.view() << "\n";
    session.exit_code = 1;
}

// No configuration is read: what is wrong there, or what somebody has put there, stops nobody.
Result<ActionReport> ask(Session& session, const Options& options, ActionRequest request) {
    const Waiting waiting{.after = kSilence, .tell = [&session] {
                              session.errors << "homeostat: waiting: an action runs; `systemctl "
                                                "stop homeostat-actuator` ends it\n"
                                             << std::flush;
                          }};
    request.nonce = static_cast<std::uint64_t>(session.host.clock.now().unix_ns);
    return request_action(options.socket, request, kPatience, -1, waiting);
}

void tell(Session& session, const ActionReport& report) {
    const bool done = report.ran && !report.failed;
    session.out << (done         ? "done: "
                    : report.ran ? "failed: "
                                 : "refused: ")
                << report.detail.view() << "\n";
    session.exit_code = done ? 0 : 1;
}

void undo(Session& session, const Options& options) {
    const auto incident = IncidentStore(options.state).find(options.id);
    if (!incident) return fail(session, incident.error());
    ActionRequest request;
    request.opcode = Opcode::Undo;
    request.incident = incident->id;
    const auto report = ask(session, options, request);
    if (!report) return fail(session, report.error());
    tell(session, *report);
}

// The actuator first: what is shown must be so. Without one there is nothing to pause.
bool tell_actuator(Session& session, const Options& options, const ActionRequest& request) {
    const auto report = ask(session, options, request);
    if (report) {
        tell(session, *report);
    } else if (report.error().code == Errc::NotFound) {
        session.out << "there is no actuator here: nothing acts on this host\n";
        session.exit_code = 1;
        return false;
    } else {
        fail(session, report.error());
        session.errors << "homeostat: a file /var/lib/homeostat-actuator/pause stops every action, "
                          "too\n";
    }
    return session.exit_code == 0;
}

void note(Session& session, const Options& options, std::int64_t until_unix_ns) {
    const auto saved = change_preferences(options.state, [&](Preferences& preferences) -> Status {
        preferences.paused_until_unix_ns = until_unix_ns;
        return Ok{};
    });
    if (!saved) fail(session, saved.error());
}

void pause(Session& session, const Options& options) {
    ActionRequest request;
    request.opcode = Opcode::Pause;
    std::int64_t until = kPausedForGoodUnixNs;
    if (!options.length.empty()) {
        const auto length = parse_duration(options.length);
        if (!length) return fail(session, length.error());
        if (*length < seconds(1) || *length > kApprovalMax) {
            session.errors << "homeostat: --for: from 1s to 7d; without it until `resume`\n";
            session.exit_code = 2;
            return;
        }
        request.length_s = static_cast<std::uint64_t>(length->ns / seconds(1).ns);
        until = session.host.clock.now().unix_ns + length->ns;
    }
    if (tell_actuator(session, options, request)) note(session, options, until);
}

void resume(Session& session, const Options& options) {
    ActionRequest request;
    request.opcode = Opcode::Resume;
    if (tell_actuator(session, options, request)) note(session, options, 0);
}

CLI::App* add_command(CLI::App& app, const char* name, const char* summary, Options& options) {
    CLI::App* command = app.add_subcommand(name, summary);
    command->add_option("--config", options.config, "Not read any more")->group("");
    command->add_option("--state", options.state, "State directory of the watcher")
        ->capture_default_str();
    command->add_option("--socket", options.socket, "The actuator's socket")->capture_default_str();
    return command;
}

}  // namespace

void add_undo_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        add_command(app, "undo", "Take back what was done for an incident", *options);
    command->add_option("id", options->id, "Incident id, or its beginning")->required();
    command->footer(
        "Root only. For rules with `undo` or `restrain`, within 7 days of the action.\n"
        "Example: homeostat undo 019ab3c4");
    command->callback([&session, options] { undo(session, *options); });
}

void add_pause_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        add_command(app, "pause", "No action on this host, not even a dry run", *options);
    command->add_option("--for", options->length, "So long (for example 2h); else until resumed");
    command->footer(
        "Root only. The watch goes on; what has a time box is still put back at its end.\n"
        "Examples: homeostat pause; homeostat pause --for 2h");
    command->callback([&session, options] { pause(session, *options); });
}

void add_resume_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = add_command(app, "resume", "End a pause: rules act again", *options);
    command->footer("Root only. Example: homeostat resume");
    command->callback([&session, options] { resume(session, *options); });
}

}  // namespace homeostat
