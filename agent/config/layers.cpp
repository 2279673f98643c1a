#include "agent/config/layers.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "actions/sha256.hpp"
#include "agent/config/yaml_text.hpp"

namespace homeostat {
namespace {

constexpr const char* kMasked = "***";
constexpr std::array<std::string_view, 5> kSecretKeys{"password", "credentials", "secret",
                                                      "secret_previous", "token"};
// Mappings and lists of which every value may be one.
constexpr std::array<std::string_view, 3> kSecretBranches{"headers", "params", "webhook"};
// Of a webhook: what tells nothing that opens a door.
constexpr std::array<std::string_view, 3> kPlainOfWebhook{"name", "kind", "severity_min"};

void set_source(YamlNode& node, int source) {
    node.mark.source = source;
    for (YamlNode& item : node.items) set_source(item, source);
    for (YamlEntry& entry : node.entries) {
        entry.key_mark.source = source;
        set_source(entry.value, source);
    }
}

YamlEntry* find_entry(YamlNode& map, std::string_view key) {
    const auto found = std::find_if(map.entries.begin(), map.entries.end(),
                                    [&](const YamlEntry& entry) { return entry.key == key; });
    return found == map.entries.end() ? nullptr : &*found;
}

void merge(YamlNode& below, YamlNode above) {
    if (!below.is_map() || !above.is_map()) {
        below = std::move(above);
        return;
    }
    below.mark = above.mark;  // a fault of the whole came with the file that was put on top
    for (YamlEntry& entry : above.entries) {
        YamlEntry* known = find_entry(below, entry.key);
        if (known == nullptr) {
            below.entries.push_back(std::move(entry));
        } else {
            known->key_mark = entry.key_mark;
            merge(known->value, std::move(entry.value));
        }
    }
}

template <std::size_t N>
bool is_one_of(std::string_view key, const std::array<std::string_view, N>& keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

void mask_all(YamlNode& node) {
    for (YamlNode& item : node.items) mask_all(item);
    for (YamlEntry& entry : node.entries) {
        if (!is_one_of(entry.key, kPlainOfWebhook)) mask_all(entry.value);
    }
    if (!node.is_scalar() || node.is_null()) return;
    node.kind = YamlNode::Kind::Text;
    node.text = kMasked;
}

void find_secrets(const YamlNode& node, bool in_webhook, std::vector<PlainSecret>& out) {
    for (const YamlNode& item : node.items) find_secrets(item, in_webhook, out);
    for (const YamlEntry& entry : node.entries) {
        const YamlNode& value = entry.value;
        const bool is_secret =
            is_one_of(entry.key, kSecretKeys) || (in_webhook && entry.key == "url");
        if (is_secret && value.is_scalar() && !value.is_null() && !value.text.empty()) {
            out.push_back({entry.key, value.mark});
        }
        if (entry.key == "headers") {
            for (const YamlEntry& header : value.entries) {
                out.push_back({header.key, header.value.mark});
            }
        }
        find_secrets(value, in_webhook || entry.key == "webhook", out);
    }
}

void list_below(const YamlNode& node, const std::string& key, std::vector<SettingLine>& out) {
    if (node.is_map() && !node.entries.empty()) {
        for (const YamlEntry& entry : node.entries) {
            list_below(entry.value, key.empty() ? entry.key : key + "." + entry.key, out);
        }
        return;
    }
    out.push_back({key, yaml_flow(node), node.mark});
}

}  // namespace

void add_layer(Settings& settings, std::string name, YamlNode tree) {
    const int source = static_cast<int>(settings.files.size());
    settings.files.push_back(std::move(name));
    if (tree.is_null()) return;  // an empty file changes nothing
    set_source(tree, source);
    if (settings.tree.is_null()) {
        settings.tree = std::move(tree);
    } else {
        merge(settings.tree, std::move(tree));
    }
}

Status add_layer(Settings& settings, const std::string& name, std::string_view text,
                 std::size_t size_max) {
    auto tree = parse_yaml(text, name, YamlLimits{.size_max = size_max});
    if (!tree) return tree.error();
    add_layer(settings, name, std::move(*tree));
    return Ok{};
}

void add_conditions(Settings& settings, const std::string& name, YamlNode tree,
                    std::vector<Error>& errors) {
    if (!tree.is_null() && !tree.is_map()) {
        errors.push_back(
            yaml_error(name, tree.mark, "expected conditions by name, got {}", name_of(tree.kind)));
        return;
    }
    YamlEntry* conditions =
        settings.tree.is_map() ? find_entry(settings.tree, "conditions") : nullptr;
    if (conditions != nullptr && conditions->value.is_map()) {
        for (const YamlEntry& entry : tree.entries) {
            const YamlEntry* known = find_entry(conditions->value, entry.key);
            if (known == nullptr) continue;
            errors.push_back(yaml_error(
                name, entry.key_mark, "condition '{}' is here twice: first at {}:{}", entry.key,
                settings.files[static_cast<std::size_t>(known->key_mark.source)],
                known->key_mark.line));
            return;
        }
    }
    YamlNode whole;
    whole.kind = YamlNode::Kind::Map;
    if (tree.is_map()) whole.entries.push_back({"conditions", tree.mark, std::move(tree)});
    add_layer(settings, name, std::move(whole));
}

std::vector<SettingLine> list_settings(const YamlNode& tree) {
    std::vector<SettingLine> lines;
    list_below(tree, "", lines);
    return lines;
}

std::vector<SettingChange> compare_settings(const std::vector<SettingLine>& before,
                                            const std::vector<SettingLine>& after) {
    std::map<std::string_view, SettingChange> changes;
    for (const SettingLine& line : before) changes[line.key].before = &line;
    for (const SettingLine& line : after) changes[line.key].after = &line;
    std::vector<SettingChange> out;
    for (auto& [key, change] : changes) {
        const bool same = change.before != nullptr && change.after != nullptr &&
                          change.before->value == change.after->value;
        if (same) continue;
        change.key = std::string(key);
        out.push_back(change);
    }
    return out;
}

void mask_secrets(YamlNode& tree) {
    for (YamlNode& item : tree.items) mask_secrets(item);
    for (YamlEntry& entry : tree.entries) {
        if (is_one_of(entry.key, kSecretKeys) || is_one_of(entry.key, kSecretBranches)) {
            mask_all(entry.value);
        } else {
            mask_secrets(entry.value);
        }
    }
}

std::vector<PlainSecret> plain_secrets(const YamlNode& tree) {
    std::vector<PlainSecret> out;
    find_secrets(tree, false, out);
    return out;
}

std::string config_hash(YamlNode tree, std::uint64_t others) {
    constexpr std::size_t kDigits = 16;
    mask_secrets(tree);
    const auto digest = sha256_hex(yaml_text(tree), fmt::format("{:016x}", others));
    return std::string(digest.view().substr(0, kDigits));
}

}  // namespace homeostat
