// homeostat config: what this host is set to, where each value comes from, and what a file would
// change.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "actions/action_config.hpp"
#include "agent/cli/command.hpp"
#include "agent/cli/config_rollout.hpp"
#include "agent/cli/fleet_session.hpp"
#include "agent/config/default_settings.hpp"
#include "agent/config/load_config.hpp"
#include "agent/config/yaml_text.hpp"
#include "agent/fleet/fleet_config.hpp"
#include "core/file.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string config = kConfigDirectory;
    bool config_named = false;  // on the command line
    std::string state = kStateDirectory;
    std::string file;
    bool json = false;
};

// The settings with their secrets masked, or nothing after complaining about every fault.
std::optional<Settings> read_all(Session& session, const Options& options) {
    std::vector<Error> errors;
    const auto usable = check_config_directory(options.config, options.config_named);
    if (!usable) errors.push_back(usable.error());
    const auto bundle = bundle_in_force(options.state);
    const bool layered = bundle && *bundle;  // what cannot be read is shown by `config history`
    auto settings = load_settings_with(options.config, layered ? &**bundle : nullptr, errors);
    if (settings && errors.empty()) (void)read_settings(*settings, std::nullopt, errors);
    for (const Error& error : errors) session.fail_at(error.text);
    if (!settings || !errors.empty()) return std::nullopt;
    mask_secrets(settings->tree);
    return std::move(*settings);
}

std::string place_of(const Settings& settings, YamlMark mark) {
    const auto source = static_cast<std::size_t>(mark.source);
    if (source == 0 || source >= settings.files.size()) return kDefaultLayer;
    return fmt::format("{}:{}:{}", settings.files[source], mark.line, mark.column);
}

void show(Session& session, const Options& options) {
    const auto settings = read_all(session, options);
    if (!settings) return;
    if (!options.json) {
        session.out << yaml_text(settings->tree, settings->files);
        return;
    }
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const SettingLine& line : list_settings(settings->tree)) {
        out.push_back(
            {{"key", line.key}, {"value", line.value}, {"origin", place_of(*settings, line.mark)}});
    }
    session.out << printable_json(out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace))
                << "\n";
}

void print_change(Session& session, const SettingChange& change, const Settings& before,
                  const Settings& after) {
    if (change.before != nullptr) {
        session.out << fmt::format("- {}: {}  # {}\n", change.key, change.before->value,
                                   place_of(before, change.before->mark));
    }
    if (change.after != nullptr) {
        session.out << fmt::format("+ {}: {}  # {}\n", change.key, change.after->value,
                                   place_of(after, change.after->mark));
    }
}

// The defaults, or what is in force, on one side; what is in force, or would be, on the other.
void diff(Session& session, const Options& options) {
    auto after = read_all(session, options);
    if (!after) return;
    Settings before;
    if (options.file.empty()) {
        (void)add_layer(before, kDefaultLayer, std::string_view(kDefaultSettings), kConfigBytesMax);
    } else {
        before = *after;
        const auto text = read_file(options.file, kConfigBytesMax);
        const auto added =
            text ? add_layer(*after, options.file, *text, kConfigBytesMax) : Status(text.error());
        if (!added) return session.fail_at(added.error().text);
        mask_secrets(after->tree);
    }
    const auto old_lines = list_settings(before.tree);
    const auto new_lines = list_settings(after->tree);
    for (const SettingChange& change : compare_settings(old_lines, new_lines)) {
        print_change(session, change, before, *after);
    }
}

CLI::App* add_part(CLI::App& config, const char* name, const char* about,
                   const std::shared_ptr<Options>& options) {
    CLI::App* command = config.add_subcommand(name, about);
    command->add_option("--config", options->config, "Configuration directory")
        ->capture_default_str();
    command->add_option("--state", options->state, "State directory")->capture_default_str();
    return command;
}

}  // namespace

void add_config_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* config =
        app.add_subcommand("config", "What this host is set to, and where each value comes from");
    config->require_subcommand(1);
    config->footer(
        "Examples: homeostat config show\n"
        "          homeostat config diff new.yml\n"
        "          homeostat config apply web.yml\n"
        "          homeostat config history");
    CLI::App* shown = add_part(
        *config, "show", "All settings in force, each with its origin; secrets masked", options);
    shown->add_flag("--json", options->json, "Print JSON");
    CLI::App* compared = add_part(
        *config, "diff", "What differs from the defaults, or what a file would change", options);
    compared->add_option("file", options->file, "A file of settings to put on top");
    add_rollout_commands(*config, session);
    const auto named = [options](const CLI::App* command) {
        options->config_named = command->get_option("--config")->count() > 0;
    };
    shown->callback([&session, options, shown, named] {
        named(shown);
        show(session, *options);
    });
    compared->callback([&session, options, compared, named] {
        named(compared);
        diff(session, *options);
    });
}

}  // namespace homeostat
