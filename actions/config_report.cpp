#include "actions/config_report.hpp"

#include <algorithm>
#include <vector>

#include "actions/actuator.hpp"
#include "actions/playbook_run.hpp"
#include "actions/trusted_file.hpp"
#include "actions/watcher_uid.hpp"
#include "core/file.hpp"

namespace homeostat {
namespace {

class Reporter {
public:
    Reporter(const ActionConfig& config, Trust trust, const Root& root, const Clock& clock,
             Spawner& spawner)
        : config_(config), trust_(trust), root_(root), clock_(clock), spawner_(spawner) {}

    ConfigReport report() {
        line("{} rules, {} allowed targets, at most {} on this host", config_.rules.size(),
             config_.allow_list.targets.size(), name_of(config_.allow_list.max_mode));
        check_watcher();
        for (const Rule& rule : config_.rules) describe(rule);
        for (const AllowedAction& action : config_.allow_list.actions) check(action);
        for (const std::string& both : keys_for_both(config_, trust_)) line("warning: {}", both);
        return std::move(report_);
    }

private:
    template <typename... Args>
    void line(fmt::format_string<Args...> format, Args&&... args) {
        report_.text += fmt::format(format, std::forward<Args>(args)...) + "\n";
    }

    void error(std::string_view text) {
        ++report_.errors;
        line("error: {}", text);
    }

    // The actuator does not start when the watcher's user is missing, so that is an error here.
    void check_watcher() {
        if (trust_ != Trust::OwnerOnly || !config_.has_allow_list) return;
        const auto uid = find_watcher_uid(config_.allow_list.watcher, root_);
        if (!uid) error(uid.error().text);
    }

    void describe(const Rule& rule) {
        line("rule '{}' ({}:{}), {}{}, runs {}", rule.name, rule.file, rule.line,
             rule.enabled ? "mode " : "disabled, mode ", name_of(rule.mode), rule.playbook);
        bool allowed = false;
        for (const AllowedTarget& target : config_.allow_list.targets) {
            const AllowedAction& action = config_.allow_list.actions[target.action];
            if (action.rule != rule.name || action.playbook != rule.playbook) continue;
            allowed = true;
            const ActionMode mode =
                std::min({rule.mode, action.max_mode, config_.allow_list.max_mode});
            const ActionLimits limits = tighter(action.limits, rule.limits);
            line("    on {}: {} (at most {} in 1 h, {} in 1 d)", target.name, name_of(mode),
                 limits.per_hour, limits.per_day);
            check_playbook(rule, action, target, rule.playbook);
            describe_undo(rule, action, target);
        }
        if (!allowed) line("    no entry in allow.yml: it will never act");
    }

    void describe_undo(const Rule& rule, const AllowedAction& action, const AllowedTarget& target) {
        if (const auto allowed = check_undo(rule, action); !allowed) {
            return line("    warning: refused as it is: {}", allowed.error().text);
        }
        if (rule.restrain) line("        put back after {}", to_text(rule.restrain->length));
        if (!rule.undo) return;
        line("        undone by {}{}", rule.undo->playbook,
             rule.undo->after.ns > 0 ? fmt::format(" after {}", to_text(rule.undo->after)) : "");
        check_playbook(rule, action, target, rule.undo->playbook);
    }

    void check_playbook(const Rule& rule, const AllowedAction& action, const AllowedTarget& target,
                        const std::string& playbook) {
        const RunOrder order{.rule = rule,
                             .action = action,
                             .target = target,
                             .incident = {},
                             .playbook_path = config_.directory + "/playbooks/" + playbook,
                             .check = true};
        const auto text = trust_ == Trust::OwnerOnly
                              ? read_trusted_file(order.playbook_path, kPlaybookBytesMax)
                              : read_file(order.playbook_path, kPlaybookBytesMax);
        if (!text) return error(text.error().text);
        const auto accepted = check_order(order, *text, root_, clock_, spawner_);
        if (!accepted) error(accepted.error().text);
    }

    void check(const AllowedAction& action) {
        const bool used =
            std::any_of(config_.rules.begin(), config_.rules.end(), [&](const Rule& rule) {
                return rule.name == action.rule && rule.playbook == action.playbook;
            });
        if (!used) {
            line("warning: allow.yml line {}: no rule is called '{}' and runs {}", action.line,
                 action.rule, action.playbook);
        }
        if (action.targets.empty()) {
            line("warning: allow.yml line {}: no targets: it allows nothing", action.line);
        }
        if (trust_ != Trust::OwnerOnly) return;
        for (const std::string& path : action.paths) {
            const auto way = check_trusted_way(path);
            if (!way && way.error().code != Errc::NotFound) error(way.error().text);
        }
        for (const std::string& program : action.programs) check_program(program);
        for (const auto& command : action.commands) check_program(command.front());
    }

    void check_program(const std::string& program) {
        if (const auto fine = check_trusted_program(program); !fine) error(fine.error().text);
    }

    const ActionConfig& config_;
    Trust trust_;
    const Root& root_;
    const Clock& clock_;
    Spawner& spawner_;
    ConfigReport report_;
};

}  // namespace

std::vector<std::string> keys_for_both(const ActionConfig& config, Trust trust) {
    constexpr std::size_t kFleetFileBytesMax = 256UL * 1024;
    std::vector<std::string> out;
    const std::string path = config.directory + "/fleet.yml";
    const auto text = trust == Trust::OwnerOnly ? read_trusted_file(path, kFleetFileBytesMax)
                                                : read_file(path, kFleetFileBytesMax);
    if (!text) return out;
    const auto document = parse_yaml(*text, path, {.size_max = kFleetFileBytesMax});
    if (!document) return out;  // the watcher's check tells it
    const YamlEntry* keys = document->is_map() ? document->find("keys") : nullptr;
    if (keys == nullptr) return out;
    for (const YamlNode& item : keys->value.items) {
        const auto key = parse_minisign_key(item.text);
        if (!key) continue;
        const auto& others = config.allow_list.trust.keys;
        if (std::find(others.begin(), others.end(), *key) == others.end()) continue;
        out.push_back(fmt::format(
            "{}:{}:{}: key {} is trusted for actions as well (allow.yml, fleet): who may set a "
            "threshold can bring rules",
            path, item.mark.line, item.mark.column, to_text(key->id).view()));
    }
    return out;
}

ConfigReport report_config(const std::string& directory, Trust trust, const Root& root,
                           const Clock& clock, Spawner& spawner) {
    std::vector<Error> errors;
    const auto config = load_action_config(directory, trust, &errors);
    if (config) return Reporter(*config, trust, root, clock, spawner).report();
    ConfigReport report;
    report.errors = errors.size();
    for (const Error& error : errors) report.text += fmt::format("error: {}\n", error.text);
    return report;
}

}  // namespace homeostat
