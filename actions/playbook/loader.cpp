#include "actions/playbook/loader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "actions/playbook/outside.hpp"
#include "actions/playbook/reader.hpp"
#include "actions/playbook/task_reader.hpp"
#include "core/nearest.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::array<std::string_view, 14> kPlayKeys{"name",
                                                     "hosts",
                                                     "connection",
                                                     "gather_facts",
                                                     "become",
                                                     "become_user",
                                                     "vars",
                                                     "tasks",
                                                     "handlers",
                                                     "tags",
                                                     "environment",
                                                     "serial",
                                                     "max_fail_percentage",
                                                     "any_errors_fatal"};
constexpr std::array<std::string_view, 10> kBlockKeys{
    "block", "rescue", "always",        "name",        "when",
    "vars",  "tags",   "ignore_errors", "environment", "become"};

class PlayLoader {
public:
    PlayLoader(const std::string& file, const Map& extra_variables, const Environment& environment)
        : reader_(file),
          tasks_(reader_, environment),
          extra_(extra_variables),
          environment_(environment) {}

    Result<Play> load(const YamlNode& document) {
        if (!document.is_list() || document.items.size() != 1 || !document.items[0].is_map()) {
            return reader_.refuse(document.mark, "a playbook is a list with exactly one play");
        }
        const YamlNode& node = document.items[0];
        if (auto keys = check_keys(node); !keys) return keys.error();
        if (auto settings = read_settings(node); !settings) return settings.error();
        if (auto tasks = read_tasks(node); !tasks) return tasks.error();
        if (auto handlers = read_handlers(node); !handlers) return handlers.error();
        if (auto notified = check_notifications(); !notified) return notified.error();
        if (auto outside = check_outside_values(play_, extra_, reader_, environment_); !outside) {
            return outside.error();
        }
        return std::move(play_);
    }

private:
    Status check_keys(const YamlNode& node) {
        for (const YamlEntry& entry : node.entries) {
            if (std::find(kPlayKeys.begin(), kPlayKeys.end(), entry.key) == kPlayKeys.end()) {
                return reader_.refuse(entry.key_mark, "a play has no key '{}'{}", entry.key,
                                      did_you_mean(entry.key, kPlayKeys));
            }
        }
        if (node.find("hosts") == nullptr) return reader_.refuse(node.mark, "a play needs 'hosts'");
        return Ok{};
    }

    Status read_settings(const YamlNode& node) {
        for (const YamlEntry& entry : node.entries) {
            if (auto read = read_setting(entry); !read) return read;
        }
        return Ok{};
    }

    Status read_setting(const YamlEntry& entry) {
        const YamlNode& value = entry.value;
        if (entry.key == "name" || entry.key == "hosts") return read_text(entry);
        if (entry.key == "connection" || entry.key == "become_user") {
            return tasks_.expect_word(entry, entry.key == "connection" ? "local" : "root");
        }
        if (entry.key == "gather_facts") {
            const auto gather = reader_.literal_bool(value, entry.key);
            if (!gather) return gather.error();
            play_.gather_facts = *gather;
        } else if (entry.key == "become" || entry.key == "any_errors_fatal") {
            if (auto flag = reader_.literal_bool(value, entry.key); !flag) return flag.error();
        } else if (entry.key == "tags") {
            auto tags = reader_.literal_texts(value, entry.key, true);
            if (!tags) return tags.error();
            play_.tags = *tags;
            outer_.tags = std::move(*tags);
        } else if (entry.key == "vars") {
            auto layer = tasks_.read_variables(value);
            if (!layer) return layer.error();
            play_.variables = std::move(*layer);
        } else if (entry.key == "environment") {
            return tasks_.read_environment(value, outer_);
        } else if (entry.key == "serial" || entry.key == "max_fail_percentage") {
            if (!value.is_scalar() && !value.is_list()) {
                return reader_.refuse(value.mark, "'{}' must be a number", entry.key);
            }
        }
        return Ok{};
    }

    Status read_text(const YamlEntry& entry) {
        if (!entry.value.is_scalar() || entry.value.is_null()) {
            return reader_.refuse(entry.value.mark, "'{}' must be text, not {}", entry.key,
                                  name_of(entry.value.kind));
        }
        if (entry.key == "name") play_.name = entry.value.text;
        return Ok{};
    }

    Status read_tasks(const YamlNode& node) {
        const YamlEntry* tasks = node.find("tasks");
        if (tasks == nullptr) return Ok{};
        return read_steps(*tasks, outer_, play_.steps);
    }

    Status read_steps(const YamlEntry& entry, const Inherited& outer, std::vector<Step>& steps) {
        if (entry.value.is_null()) return Ok{};
        if (!entry.value.is_list()) {
            return reader_.refuse(entry.value.mark, "'{}' must be a list of tasks, not {}",
                                  entry.key, name_of(entry.value.kind));
        }
        for (const YamlNode& node : entry.value.items) {
            if (!node.is_map()) {
                return reader_.refuse(node.mark, "a task must be a mapping, not {}",
                                      name_of(node.kind));
            }
            steps.emplace_back();
            auto done = node.find("block") != nullptr ? read_block(node, outer, steps.back())
                                                      : read_task(node, outer, steps.back());
            if (!done) return done;
        }
        return Ok{};
    }

    Status read_task(const YamlNode& node, const Inherited& outer, Step& step) {
        if (auto counted = count_task(node); !counted) return counted;
        auto task = tasks_.read_task(node, outer, false);
        if (!task) return task.error();
        step.task = std::move(*task);
        return Ok{};
    }

    Status count_task(const YamlNode& node) {
        if (++task_count_ <= kTasksMax) return Ok{};
        return reader_.refuse(node.mark, "more than {} tasks in one file", kTasksMax);
    }

    Status read_block(const YamlNode& node, const Inherited& outer, Step& step) {
        Inherited inner = outer;
        for (const YamlEntry& entry : node.entries) {
            if (std::find(kBlockKeys.begin(), kBlockKeys.end(), entry.key) == kBlockKeys.end()) {
                return reader_.refuse(entry.key_mark, "a block has no key '{}'{}", entry.key,
                                      did_you_mean(entry.key, kBlockKeys));
            }
            if (auto read = tasks_.read_inherited(entry, inner); !read) return read;
        }
        step.block = std::make_unique<Block>();
        for (const auto& [key, steps] :
             {std::pair{"block", &step.block->steps}, std::pair{"rescue", &step.block->rescue},
              std::pair{"always", &step.block->always}}) {
            const YamlEntry* entry = node.find(key);
            if (entry == nullptr) continue;
            if (auto read = read_steps(*entry, inner, *steps); !read) return read;
        }
        return Ok{};
    }

    Status read_handlers(const YamlNode& node) {
        const YamlEntry* handlers = node.find("handlers");
        if (handlers == nullptr || handlers->value.is_null()) return Ok{};
        if (!handlers->value.is_list()) {
            return reader_.refuse(handlers->value.mark, "'handlers' must be a list of tasks");
        }
        for (const YamlNode& item : handlers->value.items) {
            if (!item.is_map() || item.find("block") != nullptr) {
                return reader_.refuse(item.mark, "a handler must be a task");
            }
            if (auto counted = count_task(item); !counted) return counted;
            auto handler = tasks_.read_task(item, outer_, true);
            if (!handler) return handler.error();
            if (auto unique = check_handler_name(**handler); !unique) return unique;
            play_.handlers.push_back(std::move(*handler));
        }
        return Ok{};
    }

    Status check_handler_name(const Task& handler) const {
        for (const auto& other : play_.handlers) {
            if (other->name_source == handler.name_source) {
                return reader_.refuse(handler.mark, "two handlers are called '{}'",
                                      handler.name_source);
            }
        }
        return Ok{};
    }

    // Every name in `notify` has a handler; a handler may only notify later ones.
    Status check_notifications() {
        Status status = Ok{};
        for_each_task(play_.steps, [&](Task& task) {
            if (status) status = check_notify(task, 0);
        });
        for (std::size_t i = 0; i < play_.handlers.size() && status; ++i) {
            status = check_notify(*play_.handlers[i], i + 1);
        }
        return status;
    }

    Status check_notify(const Task& task, std::size_t first) const {
        for (const std::string& name : task.notify) {
            bool exists = false;
            bool reachable = false;
            for (std::size_t i = 0; i < play_.handlers.size(); ++i) {
                if (!answers_to(*play_.handlers[i], name)) continue;
                exists = true;
                reachable = reachable || i >= first;
            }
            if (!exists) return reader_.refuse(task.mark, "no handler is called '{}'", name);
            if (!reachable) {
                return reader_.refuse(task.mark, "the handler '{}' must be written after this one",
                                      name);
            }
        }
        return Ok{};
    }

    Reader reader_;
    TaskReader tasks_;
    const Map& extra_;
    const Environment& environment_;
    Inherited outer_;  // of the play
    Play play_;
    std::size_t task_count_ = 0;
};

}  // namespace

void for_each_task(const std::vector<Step>& steps, FunctionRef<void(Task&)> visit) {
    for (const Step& step : steps) {
        if (step.task != nullptr) {
            visit(*step.task);
            continue;
        }
        for_each_task(step.block->steps, visit);
        for_each_task(step.block->rescue, visit);
        for_each_task(step.block->always, visit);
    }
}

bool answers_to(const Task& handler, std::string_view name) {
    return handler.name_source == name ||
           std::find(handler.listen.begin(), handler.listen.end(), name) != handler.listen.end();
}

bool is_variable_name(std::string_view name) {
    static constexpr std::array<std::string_view, 26> kTaken{"lookup",
                                                             "query",
                                                             "q",
                                                             "now",
                                                             "vars",
                                                             "hostvars",
                                                             "groups",
                                                             "range",
                                                             "true",
                                                             "True",
                                                             "false",
                                                             "False",
                                                             "none",
                                                             "None",
                                                             "and",
                                                             "or",
                                                             "not",
                                                             "in",
                                                             "is",
                                                             "if",
                                                             "else",
                                                             "omit",
                                                             "ansible_check_mode",
                                                             "inventory_hostname",
                                                             "playbook_dir",
                                                             "ansible_facts"};
    if (name.empty() || name.size() > 255) return false;
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    if (!is_letter(name[0])) return false;
    if (!std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || c == '_' || (c >= '0' && c <= '9'); })) {
        return false;
    }
    return std::find(kTaken.begin(), kTaken.end(), name) == kTaken.end();
}

Result<Play> load_play(std::string_view text, const std::string& file, const Map& extra_variables,
                       const Environment& environment) {
    const auto document = parse_yaml(text, file);
    if (!document) return document.error();
    return PlayLoader(file, extra_variables, environment).load(*document);
}

}  // namespace homeostat::playbook
