#include "actions/allow_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "actions/built_in_refusals.hpp"
#include "actions/playbook/words.hpp"
#include "actions/restraint.hpp"
#include "actions/rulebook.hpp"
#include "actions/yaml_fields.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kItemsMax = 64;  // of one list
constexpr std::size_t kNameMax = 127;  // what a Subject carries
constexpr std::size_t kPathMax = 1024;
constexpr Duration kTimeLimitMax = hours(1);
constexpr std::uint32_t kPerHourMax = 60;
constexpr std::uint32_t kPerDayMax = 240;

constexpr std::array<std::string_view, 7> kTopKeys{
    "version", "watcher_uid", "max_mode", "grace_after_boot", "limits", "fleet", "actions"};
constexpr std::array<std::string_view, 15> kActionKeys{
    "rule",    "playbook", "max_mode", "targets",    "paths",  "owners", "programs", "shell",
    "min_age", "requires", "limits",   "time_limit", "relief", "undo",   "restrain"};
constexpr std::array<std::string_view, 5> kFleetKeys{"at_once", "slot", "keys", "max_mode",
                                                     "approvals"};
constexpr std::array<std::string_view, 2> kHostLimitsKeys{"per_hour", "per_day"};
constexpr std::array<std::string_view, 3> kLimitsKeys{"per_hour", "per_day", "cooldown"};

// What an entry may require: the key, what it is about, and the kind of target that it fits.
struct RequiresRow {
    std::string_view key;
    Precondition::Kind kind;
    std::optional<SubjectKind> target;  // nothing: any
};
constexpr std::array kRequires{
    RequiresRow{"filesystem_used_above", Precondition::Kind::FilesystemUsedAbove,
                SubjectKind::Mount},
    RequiresRow{"mounted", Precondition::Kind::NotMounted, SubjectKind::Mount},
    RequiresRow{"unit_state", Precondition::Kind::UnitState, SubjectKind::Unit},
    RequiresRow{"memory_share_above", Precondition::Kind::MemoryShareAbove, SubjectKind::Unit},
    RequiresRow{"cpu_stall_above", Precondition::Kind::CpuStallAbove, std::nullopt},
    RequiresRow{"io_stall_above", Precondition::Kind::IoStallAbove, std::nullopt},
    RequiresRow{"memory_stall_above", Precondition::Kind::MemoryStallAbove, std::nullopt},
};

std::vector<std::string_view> requires_keys() {
    std::vector<std::string_view> keys;
    for (const RequiresRow& row : kRequires) keys.push_back(row.key);
    return keys;
}

const RequiresRow* find_requires(Precondition::Kind kind) {
    for (const RequiresRow& row : kRequires) {
        if (row.kind == kind) return &row;
    }
    return nullptr;
}

constexpr std::array<std::string_view, 6> kUnitStates{"active", "reloading",  "inactive",
                                                      "failed", "activating", "deactivating"};

class AllowListReader {
public:
    explicit AllowListReader(const std::string& file) : file_(file) {}

    Result<AllowList> read(std::string_view text) {
        const auto document =
            parse_yaml(text, file_, {.size_max = kAllowListBytesMax, .depth_max = 8});
        if (!document) return document.error();
        const auto fields = YamlFields::open(file_, *document, "an allow-list", kTopKeys);
        if (!fields) return fields.error();
        std::uint32_t version = 0;
        if (const auto there = fields->require("version"); !there) return there.error();
        if (const auto ok = fields->take("version", version, 1, 1); !ok) return ok.error();
        if (const auto ok = watcher(*fields); !ok) return ok.error();
        if (const auto ok = fields->take("max_mode", list_.max_mode); !ok) return ok.error();
        if (const auto ok =
                fields->take("grace_after_boot", list_.grace_after_boot, Duration{}, hours(24));
            !ok) {
            return ok.error();
        }
        if (const auto ok = host_limits(*fields); !ok) return ok.error();
        if (const auto ok = fleet(*fields); !ok) return ok.error();
        if (const auto ok = actions(*fields); !ok) return ok.error();
        return std::move(list_);
    }

private:
    Status watcher(const YamlFields& fields) {
        const auto node = fields.require("watcher_uid");
        if (!node) return node.error();
        if ((*node)->is_int() && (*node)->integer >= 0 && (*node)->integer < UINT32_MAX) {
            list_.watcher_uid = static_cast<std::uint32_t>((*node)->integer);
            list_.watcher = (*node)->text;
            return Ok{};
        }
        if (!(*node)->is_text() || (*node)->text.empty() || (*node)->text.size() > kNameMax) {
            return fields.wrong(**node, "watcher_uid", "a user's number or name");
        }
        list_.watcher = (*node)->text;
        return Ok{};
    }

    Status host_limits(const YamlFields& top) {
        const YamlNode* node = top.find("limits");
        if (node == nullptr) return Ok{};
        const auto fields = YamlFields::open(file_, *node, "limits of the host", kHostLimitsKeys);
        if (!fields) return fields.error();
        const auto hour = fields->take("per_hour", list_.host_per_hour, 0, kPerHourMax);
        return hour ? fields->take("per_day", list_.host_per_day, 0, kPerDayMax) : hour;
    }

    Status fleet(const YamlFields& top) {
        const YamlNode* node = top.find("fleet");
        if (node == nullptr) return Ok{};
        const auto fields = YamlFields::open(file_, *node, "fleet", kFleetKeys);
        if (!fields) return fields.error();
        if (const auto read = trust(*fields); !read) return read;
        // Keys alone give no turns; a slot needs to know how many share it.
        if (fields->find("keys") == nullptr || fields->find("slot") != nullptr) {
            if (const auto there = fields->require("at_once"); !there) return there.error();
        }
        const auto share = fields->take("at_once", list_.fleet.at_once, kAtOnceMin, 1);
        return share ? fields->take("slot", list_.fleet.slot, kSlotMin, kSlotMax) : share;
    }

    Status trust(const YamlFields& fields) {
        FleetTrust& trust = list_.trust;
        if (const auto read = fields.take("max_mode", trust.max_mode); !read) return read;
        if (const auto read = fields.take("approvals", trust.approvals); !read) return read;
        std::vector<std::string> texts;
        if (const auto read = fields.take("keys", texts, kFleetActionKeysMax, kNameMax); !read) {
            return read;
        }
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const auto key = parse_minisign_key(texts[i]);
            const YamlMark mark = fields.find("keys")->items[i].mark;
            if (!key) return yaml_error(file_, mark, "keys: {}", key.error().text);
            const auto same = [&](const MinisignKey& known) { return known.id == key->id; };
            if (std::any_of(trust.keys.begin(), trust.keys.end(), same)) {
                return yaml_error(file_, mark, "keys: {} is here twice", to_text(key->id).view());
            }
            trust.keys.push_back(*key);
        }
        return Ok{};
    }

    Status actions(const YamlFields& top) {
        const YamlNode* node = top.find("actions");
        if (node == nullptr || node->is_null()) return Ok{};  // nothing is allowed
        if (!node->is_list()) return top.wrong(*node, "actions", "a list");
        if (node->items.size() > kAllowedActionsMax) {
            return yaml_error(file_, node->mark, "more than {} actions", kAllowedActionsMax);
        }
        for (const YamlNode& item : node->items) {
            if (const auto ok = action(item); !ok) return ok;
        }
        return Ok{};
    }

    Status action(const YamlNode& node) {
        const auto fields = YamlFields::open(file_, node, "an action", kActionKeys);
        if (!fields) return fields.error();
        AllowedAction action;
        action.line = node.mark.line;
        for (const char* key : {"rule", "playbook", "targets"}) {
            if (const auto there = fields->require(key); !there) return there.error();
        }
        if (const auto ok = fields->take("rule", action.rule, kRuleNameMax); !ok) return ok;
        if (const auto ok = fields->take("playbook", action.playbook, kRuleNameMax); !ok) return ok;
        if (const auto ok = fields->take("max_mode", action.max_mode); !ok) return ok;
        if (const auto ok = fields->take("relief", action.relief); !ok) return ok;
        if (const auto ok = fields->take("min_age", action.min_age, Duration{}, hours(8760)); !ok) {
            return ok;
        }
        if (const auto ok =
                fields->take("time_limit", action.time_limit, seconds(1), kTimeLimitMax);
            !ok) {
            return ok;
        }
        if (const auto ok = fields->take("undo", action.undo, kRuleNameMax); !ok) return ok;
        if (const auto ok =
                fields->take("restrain", action.restrain_max, kRestraintMin, kRestraintMax);
            !ok) {
            return ok;
        }
        if (const auto ok = places(*fields, action); !ok) return ok;
        if (const auto ok = shell(*fields, action); !ok) return ok;
        if (const auto ok = requires_(*fields, action); !ok) return ok;
        if (const auto ok = limits(*fields, action.limits); !ok) return ok;
        return targets(*fields, std::move(action));
    }

    Status places(const YamlFields& fields, AllowedAction& action) {
        if (const auto ok = fields.take("paths", action.paths, kItemsMax, kPathMax); !ok) return ok;
        if (const auto ok = fields.take("owners", action.owners, kItemsMax, kNameMax); !ok) {
            return ok;
        }
        const YamlNode* paths = fields.find("paths");
        for (std::size_t i = 0; i < action.paths.size(); ++i) {
            const std::string_view why = path_refusal(action.paths[i]);
            if (!why.empty()) return refused(paths->items[i], "paths", why);
        }
        return programs(fields, action);
    }

    // A path alone, or a whole command line, split as `command` splits it.
    Status programs(const YamlFields& fields, AllowedAction& action) {
        std::vector<std::string> texts;
        if (const auto ok = fields.take("programs", texts, kItemsMax, kPathMax); !ok) return ok;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const YamlNode& item = fields.find("programs")->items[i];
            const auto words = playbook::split_words(texts[i]);
            if (!words) return refused(item, "programs", words.error().text);
            if (words->empty()) return refused(item, "programs", "it names no program");
            const std::string_view why = program_refusal(words->front().text);
            if (!why.empty()) return refused(item, "programs", why);
            if (words->size() == 1) {
                action.programs.push_back(words->front().text);
                continue;
            }
            std::vector<std::string>& command = action.commands.emplace_back();
            for (const playbook::Word& word : *words) command.push_back(word.text);
        }
        return Ok{};
    }

    Error refused(const YamlNode& item, std::string_view key, std::string_view why) const {
        return yaml_error(file_, item.mark, "{}: '{}' cannot be allowed: {}", key, item.text, why);
    }

    Status shell(const YamlFields& fields, AllowedAction& action) {
        const YamlNode* node = fields.find("shell");
        if (node == nullptr) return Ok{};
        if (!node->is_text() || (node->text != "allow" && node->text != "deny")) {
            return fields.wrong(*node, "shell", "deny or allow");
        }
        action.shell = node->text == "allow";
        return Ok{};
    }

    // Without it the watcher's word alone would start the action: that has to be said in words.
    Status requires_(const YamlFields& fields, AllowedAction& action) {
        const YamlNode* node = fields.find("requires");
        if (node == nullptr) {
            if (action.max_mode == ActionMode::Observe) return Ok{};
            return yaml_error(file_, fields.node().mark,
                              "an action above observe needs `requires:` ({}), or `requires: "
                              "nothing`",
                              fmt::join(requires_keys(), ", "));
        }
        if (node->is_text() && node->text == "nothing") return Ok{};
        const auto keys = requires_keys();
        const auto inner = YamlFields::open(file_, *node, "requires", keys);
        if (!inner) return inner.error();
        if (node->entries.size() != 1) {
            return yaml_error(file_, node->mark, "requires: exactly one of {}",
                              fmt::join(keys, ", "));
        }
        for (const RequiresRow& row : kRequires) {
            if (inner->find(row.key) != nullptr) return required(*inner, row, action.requires_);
        }
        return Ok{};
    }

    Status required(const YamlFields& fields, const RequiresRow& row, Precondition& out) {
        out.kind = row.kind;
        const YamlNode& value = fields.node().entries[0].value;
        if (row.kind == Precondition::Kind::NotMounted) {
            if (value.is_bool() && !value.boolean) return Ok{};
            return fields.wrong(value, row.key, "false: a mount that is missing");
        }
        if (row.kind != Precondition::Kind::UnitState) {
            return fields.take(row.key, out.ratio, 0.01, 1.0);
        }
        if (const auto ok = fields.take(row.key, out.unit_state, kNameMax); !ok) return ok;
        if (std::find(kUnitStates.begin(), kUnitStates.end(), out.unit_state) !=
            kUnitStates.end()) {
            return Ok{};
        }
        return fields.wrong(value, row.key, fmt::format("one of {}", fmt::join(kUnitStates, " ")));
    }

    Status limits(const YamlFields& action, ActionLimits& out) {
        const YamlNode* node = action.find("limits");
        if (node == nullptr) return Ok{};
        const auto fields = YamlFields::open(file_, *node, "limits", kLimitsKeys);
        if (!fields) return fields.error();
        if (const auto ok = fields->take("per_hour", out.per_hour, 0, kPerHourMax); !ok) return ok;
        if (const auto ok = fields->take("per_day", out.per_day, 0, kPerDayMax); !ok) return ok;
        return fields->take("cooldown", out.cooldown, Duration{}, kCooldownMax);
    }

    Status targets(const YamlFields& fields, AllowedAction action) {
        const YamlNode* node = fields.find("targets");
        if (const auto ok = fields.take("targets", action.targets, kItemsMax, kNameMax); !ok) {
            return ok;
        }
        const auto number = static_cast<std::uint16_t>(list_.actions.size());
        for (const YamlNode& item : node->items) {
            const auto kind = target_kind(item, action);
            if (!kind) return kind.error();
            if (list_.targets.size() == kAllowedTargetsMax) {
                return yaml_error(file_, item.mark, "more than {} targets", kAllowedTargetsMax);
            }
            list_.targets.push_back({.action = number, .name = item.text, .kind = *kind});
        }
        list_.actions.push_back(std::move(action));
        return Ok{};
    }

    Result<SubjectKind> target_kind(const YamlNode& item, const AllowedAction& action) const {
        SubjectKind kind = SubjectKind::Host;
        if (item.text[0] == '/') {
            kind = SubjectKind::Mount;
            if (!is_exact_path(item.text)) {
                return yaml_error(file_, item.mark, "targets: '{}' is not an exact mount point",
                                  item.text);
            }
        } else if (item.text != "host") {
            kind = SubjectKind::Unit;
            const std::string_view why = unit_refusal(item.text);
            if (!why.empty()) {
                return yaml_error(file_, item.mark, "targets: '{}' cannot be allowed: {}",
                                  item.text, why);
            }
        }
        const RequiresRow* row = find_requires(action.requires_.kind);
        if (row != nullptr && row->target && *row->target != kind) {
            return yaml_error(
                file_, item.mark, "targets: {} is for {}; '{}' is another thing", row->key,
                *row->target == SubjectKind::Mount ? "mount points" : "units", item.text);
        }
        if (action.restrain_max.ns > 0 && kind != SubjectKind::Unit) {
            return yaml_error(file_, item.mark, "targets: restrain is for units; '{}' is none",
                              item.text);
        }
        return kind;
    }

    const std::string& file_;
    AllowList list_;
};

}  // namespace

bool AllowList::lets_act() const {
    return max_mode != ActionMode::Observe &&
           std::any_of(actions.begin(), actions.end(), [](const AllowedAction& action) {
               return action.max_mode != ActionMode::Observe && !action.targets.empty();
           });
}

std::uint16_t AllowList::find_target(std::string_view rule, std::string_view playbook,
                                     const Subject& subject) const {
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const AllowedTarget& target = targets[i];
        const AllowedAction& action = actions[target.action];
        const bool same_subject =
            target.kind == subject.kind &&
            (target.kind == SubjectKind::Host || subject.name.view() == target.name);
        if (same_subject && action.rule == rule && action.playbook == playbook) {
            return static_cast<std::uint16_t>(i);
        }
    }
    return kNoTarget;
}

std::uint16_t AllowList::find_target(const ActionRecord& action, const Incident& incident) const {
    if (action.target.empty()) return find_target(action.rule, action.playbook, incident.subject);
    return find_target(action.rule, action.playbook,
                       {target_kind(action.target), action.target.view()});
}

SubjectKind target_kind(std::string_view name) {
    if (name.starts_with('/')) return SubjectKind::Mount;
    return name == "host" ? SubjectKind::Host : SubjectKind::Unit;
}

Result<AllowList> parse_allow_list(const std::string& file, std::string_view text) {
    return AllowListReader(file).read(text);
}

}  // namespace homeostat
