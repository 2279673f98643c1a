// Layers: the settings of a host, put together from several files, later ones on top.
//
//     default                       compiled in (agent/config/default_settings.hpp)
//     homeostat.yml                 the owner's file
//     homeostat.d/*.yml             drop-ins of packages and of configuration management, by name
//     catalogue.d/*.yml             conditions (agent/config/load_conditions.hpp)
//     the fleet's bundle            agent/fleet/
//
// Mappings are joined key by key, however deep. Anything else, a list too, takes the place of what
// is below it: half a list of the one and half of the other is what nobody has written. Every node
// keeps the file it comes from (YamlMark::source), so that a fault, and `homeostat config show`,
// can name it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/yaml_document.hpp"
#include "core/result.hpp"

namespace homeostat {

struct Settings {
    YamlNode tree;                   // a mapping; every mark's source is a place in `files`
    std::vector<std::string> files;  // what the layers are called, lowest first
};

// Puts a parsed file on top. Whatever its root is, it is not a mapping only by mistake, and the
// readers of the tree complain about that: a scalar or a list takes the place of all below.
void add_layer(Settings& settings, std::string name, YamlNode tree);

// The same from text. The error names the file, the line and the column.
Status add_layer(Settings& settings, const std::string& name, std::string_view text,
                 std::size_t size_max);

// Puts the conditions of a file of catalogue.d into the key `conditions`. A name that another file
// has already is refused: which of the two was meant, nobody can tell.
void add_conditions(Settings& settings, const std::string& name, YamlNode tree,
                    std::vector<Error>& errors);

// One value and where it comes from. A list, and a mapping without entries, is one value.
struct SettingLine {
    std::string key;  // "exporters.otlp.endpoint"
    std::string value;
    YamlMark mark;
};
std::vector<SettingLine> list_settings(const YamlNode& tree);

// What one list of values has that the other has not, by key: "- key: old" and "+ key: new".
struct SettingChange {
    std::string key;
    const SettingLine* before = nullptr;  // null: is new
    const SettingLine* after = nullptr;   // null: is gone
};
std::vector<SettingChange> compare_settings(const std::vector<SettingLine>& before,
                                            const std::vector<SettingLine>& after);

// Replaces every value that is, or may carry, a secret by "***": passwords, credentials, header
// values, request parameters, and the URL of a webhook, which is one.
void mask_secrets(YamlNode& tree);

// A secret that stands in the settings themselves, not in a file of its own.
struct PlainSecret {
    std::string key;  // "credentials", "X-Api-Key" below headers, "url" of a webhook
    YamlMark mark;
};
std::vector<PlainSecret> plain_secrets(const YamlNode& tree);

// Which settings these are, as 16 hexadecimal digits; `others` is a number for what else belongs to
// them. Secrets count as masked: a hash that servers are told must not help to guess one.
std::string config_hash(YamlNode tree, std::uint64_t others);

}  // namespace homeostat
