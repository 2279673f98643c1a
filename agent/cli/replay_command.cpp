#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/cli/csv_streams.hpp"
#include "detectors/replay.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string input;
    std::string output = "-";
    bool explained = false;
};

}  // namespace

void add_replay_command(CLI::App& app, Session& session) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "replay", "Stream a CSV of metrics through the detectors and print their scores");
    command->add_option("INPUT", options->input, "timestamp,NAME... ('-': standard input)")
        ->required();
    command->add_option("-o,--output", options->output, "where to ('-': standard output)");
    command->add_flag("--explain", options->explained, "a last column 'why' for rows that are odd");
    command->footer(
        "Output: timestamp,score,flag,onset; with several columns also top_series, the columns to\n"
        "blame. Score is in [0,1], flag is the shipped decision, onset marks new events.\n"
        "Example: homeostat replay cpu.csv -o scores.csv");
    command->callback([options, &session] {
        const bool explained = options->explained;
        convert_csv(session, options->input, options->output,
                    [explained](std::istream& in, std::ostream& out) {
                        return replay_csv(in, out, explained);
                    });
    });
}

}  // namespace homeostat
