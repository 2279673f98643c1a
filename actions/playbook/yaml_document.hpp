// Strict YAML: the part of YAML 1.1 that owner-written files of this project may use.
//
// Scalars have the types that PyYAML gives them (yes/no/on/off are booleans, 0644 is octal, ~ is
// null), because the same playbooks are read by Ansible. Refused, at event level and before any
// tree grows: anchors, aliases, `<<`, tags, duplicate keys, keys that are not text, base-60 numbers
// and bare dates, tabs as indentation, control characters, broken UTF-8, a second document, and
// anything beyond the limits. (Reliability rules B10 and C2 row 22.)
//
// Every node knows where it stands, so that whoever gives it a meaning can say
// "FILE:LINE:COLUMN: reason" too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace homeostat {

// Line and column count from 1; columns count characters. `source` tells the files of a tree that
// was put together from several apart (agent/config/layers.hpp); in one file's tree it is nought.
struct YamlMark {
    int line = 1;
    int column = 1;
    int source = 0;
};

struct YamlLimits {
    std::size_t size_max = 64 * 1024;  // bytes of the file
    std::size_t depth_max = 16;        // lists and mappings inside each other
    std::size_t nodes_max = 20'000;    // scalars, lists and mappings together
};

struct YamlEntry;

struct YamlNode {
    enum class Kind : std::uint8_t { Null, Bool, Int, Float, Text, List, Map };

    Kind kind = Kind::Null;
    YamlMark mark;
    bool quoted = false;    // Text in quotes or a block: was never anything but text
    bool verbatim = false;  // the file holds `text` byte for byte from `mark` (past an open quote)
    bool boolean = false;
    std::int64_t integer = 0;
    double number = 0;
    std::string text;                // every scalar: as written, escapes and folding resolved
    std::vector<YamlNode> items;     // List
    std::vector<YamlEntry> entries;  // Map, in the order of the file

    [[nodiscard]] bool is_null() const { return kind == Kind::Null; }
    [[nodiscard]] bool is_bool() const { return kind == Kind::Bool; }
    [[nodiscard]] bool is_int() const { return kind == Kind::Int; }
    [[nodiscard]] bool is_text() const { return kind == Kind::Text; }
    [[nodiscard]] bool is_list() const { return kind == Kind::List; }
    [[nodiscard]] bool is_map() const { return kind == Kind::Map; }
    [[nodiscard]] bool is_scalar() const { return !is_list() && !is_map(); }

    // The entry of a Map with this key, or nullptr.
    [[nodiscard]] const YamlEntry* find(std::string_view key) const;
};

struct YamlEntry {
    std::string key;
    YamlMark key_mark;
    YamlNode value;
};

// What a kind is called in messages: "a list", "text", "nothing".
std::string_view name_of(YamlNode::Kind kind);

// The error "FILE:LINE:COLUMN: reason".
template <typename... Args>
Error yaml_error(std::string_view file, YamlMark mark, fmt::format_string<Args...> format,
                 Args&&... args) {
    Error error = make_error(Errc::Invalid, "{}:{}:{}: ", file, mark.line, mark.column);
    format_into(error.text, format, std::forward<Args>(args)...);
    return error;
}

// The one document in `text`; an empty text is a Null node. `file_name` is for messages only.
Result<YamlNode> parse_yaml(std::string_view text, std::string_view file_name,
                            const YamlLimits& limits = {});

}  // namespace homeostat
