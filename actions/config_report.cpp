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

// Where in allow.yml something stands: the file is read again for it, and only for a message.
class Places {
public:
    explicit Places(const ActionConfig& config) : path_(config.directory + "/allow.yml") {
        const auto text = read_file(path_, kPlaybookBytesMax);
        auto tree = text ? parse_yaml(*text, path_) : Result<YamlNode>(text.error());
        if (tree) tree_ = std::move(*tree);
    }

    [[nodiscard]] Error watcher(std::string_view why) const {
        const YamlNode* node = below(tree_, "watcher_uid");
        return yaml_error(path_, node == nullptr ? YamlMark{} : node->mark, "watcher_uid: {}", why);
    }

    // `value` is one of the list below `key`, or its first word.
    [[nodiscard]] Error value(const AllowedAction& action, std::string_view key,
                              std::string_view value, std::string_view why) const {
        return yaml_error(path_, mark_of(action, key, value), "{}: {}", key, why);
    }

private:
    static const YamlNode* below(const YamlNode& node, std::string_view key) {
        const YamlEntry* entry = node.is_map() ? node.find(key) : nullptr;
        return entry == nullptr ? nullptr : &entry->value;
    }

    [[nodiscard]] YamlMark mark_of(const AllowedAction& action, std::string_view key,
                                   std::string_view value) const {
        const YamlMark fallback{.line = action.line};
        const YamlNode* actions = below(tree_, "actions");
        if (actions == nullptr) return fallback;
        for (const YamlNode& entry : actions->items) {
            const YamlNode* list = entry.mark.line == action.line ? below(entry, key) : nullptr;
            if (list == nullptr) continue;
            for (const YamlNode& item : list->items) {
                const std::string_view text = item.text;
                if (text == value || text.substr(0, text.find(' ')) == value) return item.mark;
            }
        }
        return fallback;
    }

    std::string path_;
    YamlNode tree_;
};

const std::string* unknown_owner(const AllowedAction& action, const Root& root) {
    const auto found =
        std::find_if(action.owners.begin(), action.owners.end(),
                     [&](const std::string& owner) { return !find_watcher_uid(owner, root); });
    return found == action.owners.end() ? nullptr : &*found;
}

class Reporter {
public:
    Reporter(const ActionConfig& config, Trust trust, const Root& root, const Clock& clock,
             Spawner& spawner)
        : config_(config), trust_(trust), root_(root), clock_(clock), spawner_(spawner) {}

    ConfigReport report() {
        line("{} rules, {} allowed targets, at most {} on this host", config_.rules.size(),
             config_.allow_list.targets.size(), name_of(config_.allow_list.max_mode));
        if (trust_ == Trust::OwnerOnly) {
            for (const Error& unfit : unfit_for_host(config_, root_)) error(unfit.text);
        }
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
        if (trust_ == Trust::OwnerOnly && unknown_owner(action, root_) != nullptr) return;  // told
        const auto accepted = check_order(order, *text, root_, clock_, spawner_);
        if (!accepted) error(accepted.error().text);
    }

    void check(const AllowedAction& action) {
        if (!has_rule(config_, action)) {
            line("warning: allow.yml line {}: no rule is called '{}' and runs {}", action.line,
                 action.rule, action.playbook);
        }
        if (action.targets.empty()) {
            line("warning: allow.yml line {}: no targets: it allows nothing", action.line);
        }
    }

    const ActionConfig& config_;
    Trust trust_;
    const Root& root_;
    const Clock& clock_;
    Spawner& spawner_;
    ConfigReport report_;
};

}  // namespace

bool has_rule(const ActionConfig& config, const AllowedAction& action) {
    return std::any_of(config.rules.begin(), config.rules.end(), [&](const Rule& rule) {
        return rule.name == action.rule && rule.playbook == action.playbook;
    });
}

std::vector<Error> unfit_for_host(const ActionConfig& config, const Root& root) {
    std::vector<Error> errors;
    if (!config.has_allow_list) return errors;
    const Places places(config);
    // The actuator does not start when the watcher's user is missing.
    const auto uid = find_watcher_uid(config.allow_list.watcher, root);
    if (!uid) errors.push_back(places.watcher(uid.error().text.view()));
    for (const AllowedAction& action : config.allow_list.actions) {
        const auto check = [&](std::string_view key, const std::string& value,
                               const Status& status) {
            if (status) return;
            const std::string why = fmt::format("'{}': {}", value, status.error().text);
            errors.push_back(places.value(action, key, value, why));
        };
        if (const std::string* owner = unknown_owner(action, root)) {
            check("owners", *owner,
                  make_error(Errc::NotFound, "there is no such user on this host"));
        }
        for (const std::string& path : action.paths) {
            const auto way = check_trusted_way(path);
            if (!way && way.error().code != Errc::NotFound) check("paths", path, way);
        }
        std::vector<std::string> programs = action.programs;
        for (const auto& command : action.commands) programs.push_back(command.front());
        std::sort(programs.begin(), programs.end());
        programs.erase(std::unique(programs.begin(), programs.end()), programs.end());
        for (const std::string& program : programs) {
            check("programs", program, check_trusted_program(program));
        }
    }
    return errors;
}

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
