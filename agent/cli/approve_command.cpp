#include <CLI/CLI.hpp>
#include <memory>

#include "actions/actuator_client.hpp"
#include "actions/approval.hpp"
#include "agent/cli/command.hpp"
#include "agent/cli/fleet_session.hpp"
#include "agent/config/config.hpp"
#include "agent/incidents/incident_store.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr Duration kPatience = minutes(65);  // longer than the longest time limit of an action

struct Options {
    std::string id;
    std::string rule;
    std::string target;
    std::string length;
    std::string config = "/etc/homeostat";
    std::string state = kStateDirectory;
    std::string socket = kActuatorSocket;
};

Result<ActionRequest> compose(const Session& session, const Options& options, bool withdraw) {
    auto config = load_action_config(options.config, Trust::Anyone);
    if (!config) return config.error();
    add_fleet_rules(*config, options.state, session.host.root);
    Duration length{};
    if (!options.length.empty()) {
        const auto parsed = parse_duration(options.length);
        if (!parsed) return make_error(Errc::Invalid, "--for: {}", parsed.error().text);
        if (*parsed > kApprovalMax || parsed->ns <= 0) {
            return make_error(Errc::Limit, "--for {}: more than nothing, 7 days at most",
                              options.length);
        }
        length = *parsed;
    }
    if (!options.rule.empty()) {
        if (length.ns == 0 && !withdraw) {
            return make_error(Errc::Invalid, "--rule needs --for: how long the approval holds");
        }
        return approval_in_advance(*config, options.rule, options.target, length);
    }
    const auto incident = IncidentStore(options.state).find(options.id);
    if (!incident) return incident.error();
    auto request = approval_of(*config, *incident);
    if (!request || (length.ns == 0 && !withdraw)) return request;
    request->opcode = Opcode::Approve;
    request->length_s = static_cast<std::uint64_t>(length.ns / seconds(1).ns);
    return request;
}

void send(Session& session, const Options& options, bool withdraw) {
    session.exit_code = 1;
    auto request = compose(session, options, withdraw);
    if (!request) {
        session.errors << "homeostat: " << request.error().text.view() << "\n";
        return;
    }
    request->nonce = static_cast<std::uint64_t>(session.host.clock.now().unix_ns);
    const auto report = request_action(options.socket, *request, kPatience);
    if (!report) {
        session.errors << "homeostat: " << report.error().text.view() << "\n";
        return;
    }
    const bool done = request->opcode == Opcode::Approve
                          ? report->detail.view().find("approved in advance") != std::string::npos
                          : report->ran && !report->failed;
    session.out << (done          ? "done: "
                    : report->ran ? "failed: "
                                  : "refused: ")
                << report->detail.view() << "\n";
    session.exit_code = done ? 0 : 1;
}

void add_where(CLI::App& command, Options& options) {
    auto* id = command.add_option("id", options.id, "Incident id, or its beginning");
    auto* rule =
        command.add_option("--rule", options.rule, "A rule's name, instead of an incident");
    auto* target = command.add_option("--target", options.target,
                                      "What the rule acts on, as allow.yml writes it");
    rule->needs(target)->excludes(id);
    target->needs(rule);
    command.add_option("--config", options.config, "Configuration directory")
        ->capture_default_str();
    command.add_option("--state", options.state, "State directory of the watcher")
        ->capture_default_str();
    command.add_option("--socket", options.socket, "The actuator's socket")->capture_default_str();
    command.callback([id, rule] {
        if (id->count() + rule->count() == 0) throw CLI::RequiredError("an id, or --rule");
    });
}

}  // namespace

void add_approve_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("approve", "Let an action of mode recommend run, now or in advance");
    add_where(*command, *options);
    command->add_option("--for", options->length,
                        "In advance: it may run without asking for so long (for example 8h)");
    command->footer(
        "Root only: it is the owner's word to the actuator; the watcher cannot give it.\n"
        "Examples: homeostat approve 019ab3c4\n"
        "          homeostat approve --rule \"clean rotated logs\" --target /srv --for 8h");
    command->final_callback([&session, options] { send(session, *options, false); });
}

void add_deny_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("deny", "Take back an approval that was given in advance");
    add_where(*command, *options);
    command->footer("Example: homeostat deny --rule \"clean rotated logs\" --target /srv");
    command->final_callback([&session, options] { send(session, *options, true); });
}

}  // namespace homeostat
