#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/cli/csv_streams.hpp"
#include "detectors/template_rows.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string input;
    std::string output = "-";
    bool count = false;
};

}  // namespace

void add_templates_command(CLI::App& app, Session& session) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("templates", "Find the sentences behind the lines of a log");
    command->add_option("FILE", options->input, "a log, one message a line ('-': standard input)")
        ->required();
    command->add_option("-o,--output", options->output, "where to ('-': standard output)");
    command->add_flag("--count", options->count,
                      "each sentence once, with its number of lines, the most frequent first");
    command->footer(
        "Output: line,template_id,template, where <*> stands for what differs from line to line.\n"
        "Example: journalctl -b -o cat | homeostat templates --count -");
    command->callback([options, &session] {
        convert_csv(session, options->input, options->output,
                    options->count ? template_counts_csv : templates_csv);
    });
}

}  // namespace homeostat
