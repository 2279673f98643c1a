#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/cli/csv_streams.hpp"
#include "detectors/replay.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string input;
    std::string output = "-";
    double limit = 0;
};

}  // namespace

void add_forecast_command(CLI::App& app, Session& session) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("forecast", "Say row by row when a growing series reaches a limit");
    command->add_option("INPUT", options->input, "timestamp,VALUE ('-': standard input)")
        ->required();
    command->add_option("--limit", options->limit, "the value that means full")
        ->required()
        ->check([](const std::string& text) {
            char* end = nullptr;
            const double limit = std::strtod(text.c_str(), &end);
            if (end != text.c_str() && *end == '\0' && std::isfinite(limit)) return std::string();
            return "expected a finite number, got '" + text + "'";
        });
    command->add_option("-o,--output", options->output, "where to ('-': standard output)");
    command->footer(
        "Output: timestamp,days_to_full,low,high; empty means that it will not fill as far as\n"
        "its growth allows to tell.\n"
        "Example: homeostat forecast disk.csv --limit 1.0 -o full.csv");
    command->callback([options, &session] {
        convert_csv(session, options->input, options->output,
                    [options](std::istream& in, std::ostream& out) {
                        return forecast_csv(in, out, options->limit);
                    });
    });
}

}  // namespace homeostat
