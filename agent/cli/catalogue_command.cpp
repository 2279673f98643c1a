#include <CLI/CLI.hpp>

#include "agent/cli/command.hpp"
#include "agent/signals_page.hpp"

namespace homeostat {

void add_catalogue_command(CLI::App& app, Session& session) {
    CLI::App* command =
        app.add_subcommand("catalogue", "Print the conditions, their signals and the collectors");
    command->footer("Example: homeostat catalogue > signals.md");
    command->callback([&session] {
        session.out << signals_page(collector_rows(), stock_conditions(), stock_forecasts());
    });
}

}  // namespace homeostat
