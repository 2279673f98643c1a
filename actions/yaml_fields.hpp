// Reads the fields of owner-written YAML mappings: kinds, ranges and names are checked, and every
// complaint says where, what was found and what was expected.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/yaml_document.hpp"
#include "core/decision.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

// One mapping of a file. `what` names it in messages: "a rule", "throttle". Borrows both.
class YamlFields {
public:
    // An error unless `node` is a mapping that has no keys but the known ones; an unknown key gets
    // a suggestion.
    static Result<YamlFields> open(std::string_view file, const YamlNode& node,
                                   std::string_view what, std::span<const std::string_view> known);

    [[nodiscard]] const YamlNode* find(std::string_view key) const;  // nullptr: not written
    // An error when it is not written.
    [[nodiscard]] Result<const YamlNode*> require(std::string_view key) const;

    // Each reads a field that is there into `out` and leaves `out` alone when it is not.
    Status take(std::string_view key, std::string& out, std::size_t size_max) const;
    Status take(std::string_view key, bool& out) const;
    Status take(std::string_view key, Duration& out, Duration min, Duration max) const;
    Status take(std::string_view key, std::uint32_t& out, std::uint32_t min,
                std::uint32_t max) const;
    Status take(std::string_view key, double& out, double min, double max) const;
    Status take(std::string_view key, ActionMode& out) const;
    // A list of text.
    Status take(std::string_view key, std::vector<std::string>& out, std::size_t items_max,
                std::size_t size_max) const;

    [[nodiscard]] Error wrong(const YamlNode& node, std::string_view key,
                              std::string_view expected) const;
    [[nodiscard]] std::string_view file() const { return file_; }
    [[nodiscard]] const YamlNode& node() const { return *node_; }

private:
    YamlFields(std::string_view file, const YamlNode& node, std::string_view what)
        : file_(file), node_(&node), what_(what) {}

    std::string_view file_;
    const YamlNode* node_;
    std::string_view what_;
};

}  // namespace homeostat
