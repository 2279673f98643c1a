#include <CLI/CLI.hpp>
#include <memory>

#include "actions/audit.hpp"
#include "actions/audit_tail.hpp"
#include "agent/cli/command.hpp"

namespace homeostat {
namespace {

constexpr const char* kActuatorState = "/var/lib/homeostat-actuator";

struct Options {
    std::string state = kActuatorState;
    std::size_t last = 20;
    std::string head;
    bool verify = false;
    bool json = false;
};

void verify_log(Session& session, const Options& options) {
    std::optional<AuditMark> mark;
    if (!options.head.empty()) {
        const auto parsed = parse_audit_mark(options.head);
        if (!parsed) return session.fail(parsed.error().text);
        mark = *parsed;
    }
    const auto summary = verify_audit(options.state, mark);
    if (!summary) return session.fail(summary.error().text);
    session.out << fmt::format("{} lines from number {}, unbroken; head {} {}\n", summary->lines,
                               summary->first_seq, summary->head.seq, summary->head.hash.view());
    if (summary->missing == 0) return;
    session.out << fmt::format("{} lines were lost: the log tells where (event \"cut\")\n",
                               summary->missing);
    session.exit_code = 1;
}

void show_log(Session& session, const Options& options) {
    const auto lines = last_audit_lines(options.state, options.last);
    if (!lines) return session.fail(lines.error().text);
    for (const std::string& line : *lines) {
        session.out << (options.json ? line : tell_audit_line(line)) << "\n";
    }
}

}  // namespace

void add_audit_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("audit", "What the actuator was asked, refused and did");
    command->add_option("--state", options->state, "State directory of the actuator")
        ->capture_default_str();
    command->add_option("--last", options->last, "So many lines")->capture_default_str();
    command->add_flag("--verify", options->verify, "Check the chain of hashes over all files");
    command->add_option("--head", options->head,
                        "Check also that this head, sent with an incident, is in it");
    command->add_flag("--json", options->json, "The lines as they stand in the log");
    command->footer(
        "Root only, like the log. Exit status 1: no log, a broken chain, or lines are missing.\n"
        "Examples: homeostat audit --last 5; homeostat audit --verify");
    command->callback([&session, options] {
        options->verify || !options->head.empty() ? verify_log(session, *options)
                                                  : show_log(session, *options);
    });
}

}  // namespace homeostat
