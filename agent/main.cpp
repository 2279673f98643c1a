// homeostat: the daemon and its command line in one program. This file is the list of what it can
// do.

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "agent/cli/command.hpp"
#include "agent/uplink/curl_fetcher.hpp"
#include "agent/version.hpp"
#include "core/host.hpp"

int main(int argc, char** argv) {
    using namespace homeostat;
    std::signal(SIGPIPE, SIG_IGN);  // a peer that hangs up is an error value, not a death

    auto root = DirectoryRoot::open("/");
    if (!root) {
        std::cerr << "homeostat: " << root.error().text.view() << "\n";
        return 1;
    }
    const SystemClock clock;
    ProcessSpawner spawner;
    CurlFetcher fetcher(std::string("homeostat/") + kVersion);
    Session session{{*root, clock, spawner, fetcher}, std::cout, std::cerr};

    CLI::App app{"Keeps a Linux node healthy by itself: watches, explains, heals, tells."};
    app.require_subcommand(1);
    app.footer(
        "Start with: homeostat status; homeostat incidents; homeostat show ID\n"
        "Exit status: 0 fine, 1 a finding or a failure, 2 usage.\n"
        "Manual: homeostat(8)");
    add_run_command(app, session);
    add_check_command(app, session);
    add_status_command(app, session);
    add_incidents_command(app, session);
    add_show_command(app, session);
    add_explain_command(app, session);
    add_feedback_command(app, session);
    add_silence_command(app, session);
    add_report_command(app, session);
    add_conditions_command(app, session);
    add_series_command(app, session);
    add_replay_command(app, session);
    add_forecast_command(app, session);
    add_templates_command(app, session);
    add_approve_command(app, session);
    add_deny_command(app, session);
    add_audit_command(app, session);
    add_playbook_command(app, session);
    add_catalogue_command(app, session);
    add_completion_command(app, session);
    add_version_command(app, session);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {  // CLI11 throws; it stops here
        const int code = app.exit(error);
        return code == 0 ? 0 : session.usage_exit_code;
    }
    std::cout.flush();
    return std::cout.good() ? session.exit_code : 1;
}
