// homeostat: the daemon and its command line in one program. This file is the list of what it can
// do.

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <iostream>

#include "actions/playbook/run.hpp"
#include "agent/cli/command.hpp"
#include "agent/printable_buffer.hpp"
#include "agent/uplink/curl_fetcher.hpp"
#include "agent/version.hpp"
#include "core/host.hpp"
#include "core/nearest.hpp"

namespace {

constexpr int kExitUsage = 2;

}  // namespace

int main(int argc, char** argv) {
    using namespace homeostat;
    std::signal(SIGPIPE, SIG_IGN);  // a peer that hangs up is an error value, not a death

    PrintableBuffer out_buffer(std::cout);
    PrintableBuffer error_buffer(std::cerr);
    std::ostream out(&out_buffer);
    std::ostream errors(&error_buffer);
    const bool watched = ::isatty(STDOUT_FILENO) != 0;

    auto root = DirectoryRoot::open("/");
    if (!root) {
        errors << "homeostat: " << root.error().text.view() << "\n";
        return 1;
    }
    const SystemClock clock;
    ProcessSpawner spawner;
    CurlFetcher fetcher(std::string("homeostat/") + kVersion);
    Session session{{*root, clock, spawner, fetcher}, out, errors, watched ? out : std::cout};

    CLI::App app{"Keeps a Linux node healthy by itself: watches, explains, heals, tells."};
    app.require_subcommand(1);
    app.footer(
        "Start with: homeostat status; homeostat incidents; homeostat show ID\n"
        "Exit status: 0 fine, 1 a finding or a failure, 2 usage.\n"
        "Manual: homeostat(8)");
    add_run_command(app, session);
    add_check_command(app, session);
    add_config_command(app, session);
    add_bundle_command(app, session);
    add_status_command(app, session);
    add_incidents_command(app, session);
    add_show_command(app, session);
    add_explain_command(app, session);
    add_feedback_command(app, session);
    add_silence_command(app, session);
    add_report_command(app, session);
    add_drill_command(app, session);
    add_conditions_command(app, session);
    add_series_command(app, session);
    add_replay_command(app, session);
    add_forecast_command(app, session);
    add_templates_command(app, session);
    add_approve_command(app, session);
    add_deny_command(app, session);
    add_undo_command(app, session);
    add_pause_command(app, session);
    add_resume_command(app, session);
    add_audit_command(app, session);
    add_playbook_command(app, session);
    add_catalogue_command(app, session);
    add_completion_command(app, session);
    add_version_command(app, session);
    app.set_version_flag("--version", fmt::format("homeostat {} ({})", kVersion, kBuildKind));
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
    const std::vector<std::string_view> known(names.begin(), names.end());
    if (argc > 1 && argv[1][0] != '-' &&
        std::find(known.begin(), known.end(), argv[1]) == known.end()) {
        session.complain(
            fmt::format("there is no command '{}'{}", argv[1], did_you_mean(argv[1], known)));
        return kExitUsage;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {  // CLI11 throws; it stops here
        if (app.exit(error, out, errors) == 0) return 0;
        return app.got_subcommand("playbook") ? playbook::kExitUsage : kExitUsage;
    } catch (const std::exception& error) {  // a library's last word: a message, not a core dump
        session.complain(error.what());
        return 1;
    }
    out.flush();
    std::cout.flush();
    return std::cout.good() ? session.exit_code : 1;
}
