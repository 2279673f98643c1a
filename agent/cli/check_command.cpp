#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "actions/action_config.hpp"
#include "actions/config_report.hpp"
#include "actions/fleet_actions.hpp"
#include "actions/playbook/policy.hpp"
#include "actions/playbook/run.hpp"
#include "agent/agent.hpp"
#include "agent/cli/command.hpp"
#include "agent/cli/fleet_session.hpp"
#include "agent/config/load_config.hpp"
#include "agent/config/reader_rights.hpp"
#include "agent/config/rule_kinds.hpp"
#include "agent/fleet/ceiling.hpp"
#include "agent/fleet/fleet_config.hpp"
#include "agent/fleet/fleet_settings.hpp"
#include "agent/version.hpp"
#include "core/file.hpp"
#include "core/host_identity.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string config = kConfigDirectory;
    bool config_named = false;  // on the command line
    std::string state = kStateDirectory;
    std::string bundle;  // a file; empty: the one in force, if there is one
    bool json = false;
};

// A bundle that is checked as it would lie on the host's own files.
struct Checked {
    std::optional<Bundle> bundle;
    bool offered = false;  // by the command line: nobody has taken it yet
    HostFacts host;
    std::vector<std::string> warnings;
};

constexpr std::size_t kPlaybookBytesMax = 64 * 1024;
constexpr const char* kServiceUser = "homeostat";  // systemd/homeostat.service

// Every playbook that a rule names, read by the code that would run it.
void check_playbooks(Session& session, const ActionConfig& actions, std::vector<Error>& errors) {
    const playbook::OperatorPolicy policy;
    playbook::SleepingPauser pauser;
    const playbook::Environment environment{session.host.root, session.host.clock,
                                            session.host.spawner, pauser, policy};
    for (const Rule& rule : actions.rules) {
        const std::string path = playbook_place(actions, rule);
        const std::string* brought = fleet_playbook(actions, rule);
        const auto text =
            brought != nullptr ? Result<std::string>(*brought) : read_file(path, kPlaybookBytesMax);
        if (!text) {
            errors.push_back(make_error(text.error().code, "{}:{}:1: rule '{}': {}", rule.file,
                                        rule.line, rule.name, text.error().text));
            continue;
        }
        playbook::Input input;
        input.text = *text;
        input.file_name = path;
        const auto checked = playbook::check_playbook(input, environment);
        if (!checked) errors.push_back(checked.error());
    }
}

// Whether the target is there now: a selector that matches nothing is worth knowing before an
// incident does not find it.
bool is_here(const Host& host, const AllowedTarget& target) {
    if (target.kind != SubjectKind::Mount) return true;
    return host.root.filesystem_usage(target.name.c_str()).has_value();
}

std::size_t memory_of(Session& session, const Config& config, const ActionConfig& actions) {
    Work work;
    const Agent agent(config, actions, session.host, work, {}, {});
    return agent.memory().total();
}

nlohmann::ordered_json describe(Session& session, const Config& config, const ActionConfig& actions,
                                const Checked& checked) {
    nlohmann::ordered_json out{{"ok", true},
                               {"memory_bytes", memory_of(session, config, actions)},
                               {"scrape_targets", config.exporters.size()},
                               {"warnings", config.warnings},
                               {"rules", nlohmann::ordered_json::array()},
                               {"targets", nlohmann::ordered_json::array()}};
    if (checked.bundle) {
        nlohmann::ordered_json& bundle = out["bundle"];
        bundle["id"] = checked.bundle->header.id;
        bundle["version"] = checked.bundle->header.version;
        bundle["in_force"] = !checked.offered;
    }
    for (const Rule& rule : actions.rules) {
        out["rules"].push_back({{"name", rule.name},
                                {"file", rule.file},
                                {"line", rule.line},
                                {"mode", std::string(name_of(rule.mode))},
                                {"enabled", rule.enabled},
                                {"playbook", rule.playbook}});
    }
    for (const AllowedTarget& target : actions.allow_list.targets) {
        const AllowedAction& action = actions.allow_list.actions[target.action];
        out["targets"].push_back({{"name", target.name},
                                  {"rule", action.rule},
                                  {"playbook", action.playbook},
                                  {"max_mode", std::string(name_of(action.max_mode))},
                                  {"has_rule", has_rule(actions, action)},
                                  {"here", is_here(session.host, target)}});
    }
    return out;
}

std::string json_text(const nlohmann::ordered_json& json) {
    return printable_json(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void print(Session& session, const nlohmann::ordered_json& report, const Checked& checked) {
    session.out << fmt::format(
        "ok: {} rules, {} targets allowed, {} exporters to scrape, {} of memory\n",
        report["rules"].size(), report["targets"].size(),
        report["scrape_targets"].get<std::size_t>(),
        human_bytes(static_cast<double>(report["memory_bytes"].get<std::size_t>())));
    if (checked.bundle) {
        session.out << printable(fmt::format("  bundle  {} {}, {}", checked.bundle->header.id,
                                             checked.bundle->header.version,
                                             checked.offered ? "as it would be" : "in force"))
                    << "\n";
    }
    for (const auto& warning : report["warnings"]) {
        session.out << printable(fmt::format("  warning {}", warning.get<std::string>())) << "\n";
    }
    for (const auto& rule : report["rules"]) {
        session.out << printable(fmt::format("  rule    {} [{}{}] runs {}",
                                             rule["name"].get<std::string>(),
                                             rule["mode"].get<std::string>(),
                                             rule["enabled"].get<bool>() ? "" : ", off",
                                             rule["playbook"].get<std::string>()))
                    << "\n";
    }
    for (const auto& target : report["targets"]) {
        const auto rule = target["rule"].get<std::string>();
        const auto allowed = target["has_rule"].get<bool>()
                                 ? "up to " + target["max_mode"].get<std::string>()
                                 : fmt::format("will never act: no rule is called '{}' and runs {}",
                                               rule, target["playbook"].get<std::string>());
        session.out << printable(fmt::format(
                           "  target  {} for '{}', {}{}", target["name"].get<std::string>(), rule,
                           allowed, target["here"].get<bool>() ? "" : " (not on this host now)"))
                    << "\n";
    }
}

void report_errors(Session& session, const Options& options, const std::vector<Error>& errors) {
    session.exit_code = 1;
    if (!options.json) {
        for (const Error& error : errors) session.complain_at(error.text);
        return;
    }
    nlohmann::ordered_json out{{"ok", false}, {"errors", nlohmann::ordered_json::array()}};
    for (const Error& error : errors) out["errors"].push_back(std::string(error.text));
    session.out << json_text(out) << "\n";
}

// fleet.yml is read once, at start: a fault there is better found here.
std::optional<FleetSettings> read_fleet(const std::string& directory, const char* credentials,
                                        std::vector<Error>& errors, Config& found) {
    std::error_code ignored;
    std::string absolute =
        std::filesystem::absolute(directory, ignored).lexically_normal().string();
    while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
    SecretStore secrets(credentials == nullptr ? std::nullopt
                                               : std::optional<std::string>(credentials));
    const auto read_secret = [&secrets](const std::string& name, SecretKind kind) {
        return secrets.read(name, kind);
    };
    auto settings = load_fleet_settings(absolute, read_secret, errors);
    if (!settings || !*settings) return std::nullopt;
    const std::string path = absolute + "/" + kFleetFile;
    found.files = secrets.files();
    found.files.push_back(path);
    found.warnings = secrets.warnings();
    Settings layer;
    const auto text = read_file(path, kConfigBytesMax);
    if (text && add_layer(layer, path, *text, kConfigBytesMax)) {
        for (std::string& warning : readable_secrets(layer)) {
            found.warnings.push_back(std::move(warning));
        }
    }
    return std::move(*settings);
}

// Root can read what the service cannot.
void check_readable(const Session& session, Config& config) {
    if (::geteuid() != 0) return;
    const auto reader = find_reader(kServiceUser, session.host.root);
    if (!reader) return;  // no package: who starts the watch by hand is another user
    std::sort(config.files.begin(), config.files.end());
    config.files.erase(std::unique(config.files.begin(), config.files.end()), config.files.end());
    for (const std::string& file : config.files) {
        std::string why = hindrance(*reader, file);
        if (!why.empty()) config.warnings.push_back(std::move(why));
    }
}

// The bundle of the command line, or the one that the daemon has in force here.
void find_bundle(const Options& options, const std::optional<FleetSettings>& fleet,
                 Checked& checked, std::vector<Error>& errors) {
    if (!options.bundle.empty()) {
        const auto text = read_file(options.bundle, kBundleBytesMax);
        const auto split = text ? split_signed(*text) : Result<SignedText>(text.error());
        auto bundle =
            split ? parse_bundle(options.bundle, split->body) : Result<Bundle>(split.error());
        if (!bundle) return errors.push_back(bundle.error());
        checked.bundle.emplace(std::move(*bundle));
        checked.offered = true;
        checked.warnings.emplace_back(
            "the signature is not looked at here: homeostat bundle verify");
    } else if (fleet) {
        auto bundle = bundle_in_force(options.state);
        if (!bundle) {
            checked.warnings.push_back("the bundle in force cannot be read and is not checked: " +
                                       std::string(bundle.error().text.view()));
        } else if (*bundle && (**bundle).header.id == fleet->channel) {
            checked.bundle = std::move(*bundle);
        }
    }
}

// Whether this host would take it: its channel and time, the ceiling, and what allow.yml says of
// actions. What is in force was taken, and may have ended since.
void check_bundle(const Checked& checked, const std::optional<FleetSettings>& fleet,
                  const ActionConfig& actions, std::int64_t now_unix_ns,
                  std::vector<Error>& errors) {
    const Bundle& bundle = *checked.bundle;
    if (checked.offered) {
        for (const Status& status :
             {check_time(bundle.header, now_unix_ns), check_agent(bundle.header, kVersion)}) {
            if (!status) errors.push_back(status.error());
        }
    }
    const std::string name = layer_name(bundle.header);
    const auto fault = [&](const std::string& text) {
        errors.push_back(make_error(Errc::Denied, "{}: {}", name, text));
    };
    if (fleet && fleet->channel != bundle.header.id) {
        fault("is for another channel: this host follows '" + fleet->channel + "'");
    }
    if (fleet) (void)check_ceiling(bundle.settings, name, *fleet, errors);
    if (bundle.brings_actions() && actions.allow_list.trust.keys.empty()) {
        fault("brings rules, playbooks or approvals, and allow.yml trusts no key for them (fleet)");
    }
}

// What the actuator refuses to start with. The files of a directory that is named may be those of
// another host, with users and programs of its own: there it is a warning.
void check_host(const Session& session, const Options& options, const ActionConfig& actions,
                Checked& checked, std::vector<Error>& errors) {
    for (const Error& unfit : unfit_for_host(actions, session.host.root)) {
        if (options.config_named) {
            checked.warnings.emplace_back(unfit.text.view());
        } else {
            errors.push_back(unfit);
        }
    }
}

void check(Session& session, const Options& options) {
    std::vector<Error> errors;
    const auto usable = check_config_directory(options.config, options.config_named);
    if (!usable) return report_errors(session, options, {usable.error()});
    const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
    Checked checked;
    Config found;  // what of it fleet.yml says
    const auto fleet = read_fleet(options.config, credentials, errors, found);
    find_bundle(options, fleet, checked, errors);
    const Bundle* bundle = checked.bundle ? &*checked.bundle : nullptr;
    checked.host = host_facts(fleet ? fleet->labels : decltype(fleet->labels){},
                              read_host_identity(session.host.root), kVersion);

    const auto settings = load_settings_with(options.config, bundle, errors);
    auto config =
        settings ? read_settings(*settings,
                                 credentials == nullptr ? std::nullopt
                                                        : std::optional<std::string>(credentials),
                                 errors)
                 : Result<Config>(settings.error());
    auto actions = load_action_config(options.config, Trust::Anyone, &errors);
    if (actions && bundle != nullptr) {
        check_bundle(checked, fleet, *actions, session.host.clock.now().unix_ns, errors);
        (void)add_fleet_actions(*actions, *bundle, checked.host, &errors);
        if (!matches(bundle->header.select, checked.host)) {
            checked.warnings.push_back(layer_name(bundle->header) + " is not for this host");
        }
    }
    if (actions) {
        check_host(session, options, *actions, checked, errors);
        check_playbooks(session, *actions, errors);
    }
    if (config && actions) {
        for (const Error& error : unknown_rule_kinds(*actions, config->detect.conditions)) {
            errors.push_back(error);
        }
    }
    if (config && actions && fleet && bundle != nullptr) {
        const auto fits =
            check_limits(*config, memory_of(session, *config, *actions), fleet->limits);
        if (!fits) errors.push_back(fits.error());
    }
    if (!errors.empty() || !config || !actions) {
        report_errors(session, options, errors);
        return;
    }
    for (std::string& both : keys_for_both(*actions, Trust::Anyone)) {
        config->warnings.push_back(std::move(both));
    }
    config->files.insert(config->files.end(), found.files.begin(), found.files.end());
    for (const auto* more : {&found.warnings, &checked.warnings}) {
        config->warnings.insert(config->warnings.end(), more->begin(), more->end());
    }
    for (const Rule& rule : actions->rules) {
        if (!rule.from_fleet) config->files.push_back(rule.file);
    }
    if (actions->has_allow_list) config->files.push_back(options.config + "/allow.yml");
    check_readable(session, *config);
    const auto report = describe(session, *config, *actions, checked);
    if (options.json) {
        session.out << json_text(report) << "\n";
    } else {
        if (!std::filesystem::exists(options.config)) {
            session.out << "no " << options.config << ": the defaults are in force\n";
        }
        print(session, report, checked);
    }
}

}  // namespace

void add_check_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("check", "Check all configuration, rules, playbooks and the allow-list");
    const CLI::Option* directory =
        command->add_option("--config", options->config, "Configuration directory")
            ->capture_default_str();
    command->add_option("--state", options->state, "State directory: the bundle in force")
        ->capture_default_str();
    command->add_option("--bundle", options->bundle,
                        "A bundle to check on top, instead of the one in force");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "Examples: homeostat check --config ./etc\n"
        "          homeostat check --bundle web.yml");
    command->callback([&session, options, directory] {
        options->config_named = directory->count() > 0;
        check(session, *options);
    });
}

}  // namespace homeostat
