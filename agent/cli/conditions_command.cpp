#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/config/load_config.hpp"
#include "detectors/coverage.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string config = kConfigDirectory;
    bool markdown = false;
};

void list_conditions(Session& session, const Options& options) {
    if (options.markdown) {
        session.out << conditions_manual(stock_conditions());
        return;
    }
    std::vector<Error> errors;
    const auto config = load_config(options.config, errors);
    for (const Error& error : errors) session.complain_at(error.text);
    if (!config) {
        session.exit_code = 1;
        return;
    }
    session.out << fmt::format("{:<30} {:<22} {}\n", "CONDITION", "OPENS", "WHEN");
    for (const Condition& condition : config->detect.conditions) {
        session.out << printable(fmt::format(
                           "{:<30} {:<22} {} {}", condition.name,
                           condition.incident.empty() ? "(notable)" : condition.incident,
                           signal_text(condition), condition.event ? "" : limits_text(condition)))
                    << "\n";
    }
}

}  // namespace

void add_conditions_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("conditions", "List the conditions that are watched");
    command->add_option("--config", options->config, "Configuration directory")
        ->capture_default_str();
    command->add_flag("--markdown", options->markdown, "Print docs/conditions.md: the stock ones");
    command->footer("Example: homeostat conditions | grep memory");
    command->callback([&session, options] { list_conditions(session, *options); });
}

}  // namespace homeostat
