// A command of the `homeostat` program: adds itself to the command line and runs when chosen.
#pragma once

#include <ostream>
#include <string>

#include "core/host.hpp"
#include "core/printable.hpp"

namespace CLI {
class App;
}

namespace homeostat {

// What every command works with. A command sets exit_code: 0 fine, 1 a finding or a failure,
// 2 usage (CLI11 does that), 4 a refused playbook.
struct Session {
    Host host;
    std::ostream& out;  // for people and as JSON; both make text printable as a whole
    std::ostream& errors;
    std::ostream& data;  // for programs, the bytes as they are; on a terminal the same as out
    int exit_code = 0;
    // One line about an error, with the program's name, or with its own place (FILE:LINE:COLUMN).
    void complain(std::string_view text) const {
        errors << "homeostat: " << printable(text) << "\n";
    }
    void complain_at(std::string_view text) const { errors << printable(text) << "\n"; }
    // The same, and the command has failed.
    void fail(std::string_view text) {
        complain(text);
        exit_code = 1;
    }
    void fail_at(std::string_view text) {
        complain_at(text);
        exit_code = 1;
    }
};

// Each in agent/cli/NAME_command.cpp, listed in main.cpp in the order of the manual.
void add_run_command(CLI::App& app, Session& session);
void add_check_command(CLI::App& app, Session& session);
void add_config_command(CLI::App& app, Session& session);
void add_bundle_command(CLI::App& app, Session& session);
void add_status_command(CLI::App& app, Session& session);
void add_incidents_command(CLI::App& app, Session& session);
void add_show_command(CLI::App& app, Session& session);
void add_explain_command(CLI::App& app, Session& session);
void add_feedback_command(CLI::App& app, Session& session);
void add_silence_command(CLI::App& app, Session& session);
void add_report_command(CLI::App& app, Session& session);
void add_drill_command(CLI::App& app, Session& session);
void add_conditions_command(CLI::App& app, Session& session);
void add_series_command(CLI::App& app, Session& session);
void add_replay_command(CLI::App& app, Session& session);
void add_forecast_command(CLI::App& app, Session& session);
void add_templates_command(CLI::App& app, Session& session);
void add_approve_command(CLI::App& app, Session& session);
void add_deny_command(CLI::App& app, Session& session);
void add_undo_command(CLI::App& app, Session& session);
void add_pause_command(CLI::App& app, Session& session);
void add_resume_command(CLI::App& app, Session& session);
void add_audit_command(CLI::App& app, Session& session);
void add_playbook_command(CLI::App& app, Session& session);
void add_catalogue_command(CLI::App& app, Session& session);
void add_completion_command(CLI::App& app, Session& session);
void add_version_command(CLI::App& app, Session& session);

}  // namespace homeostat
