#include "actions/yaml_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/nearest.hpp"

namespace homeostat {

Result<YamlFields> YamlFields::open(std::string_view file, const YamlNode& node,
                                    std::string_view what,
                                    std::span<const std::string_view> known) {
    if (!node.is_map()) {
        return yaml_error(file, node.mark, "{} must be a mapping, got {}", what,
                          name_of(node.kind));
    }
    for (const YamlEntry& entry : node.entries) {
        if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
        return yaml_error(file, entry.key_mark, "{} has no key '{}'{}; keys: {}", what, entry.key,
                          did_you_mean(entry.key, known), fmt::join(known, " "));
    }
    return YamlFields(file, node, what);
}

const YamlNode* YamlFields::find(std::string_view key) const {
    const YamlEntry* entry = node_->find(key);
    return entry == nullptr ? nullptr : &entry->value;
}

Result<const YamlNode*> YamlFields::require(std::string_view key) const {
    const YamlNode* node = find(key);
    if (node != nullptr) return node;
    return yaml_error(file_, node_->mark, "{} needs `{}:`", what_, key);
}

Error YamlFields::wrong(const YamlNode& node, std::string_view key,
                        std::string_view expected) const {
    if (node.is_scalar() && !node.is_null()) {
        return yaml_error(file_, node.mark, "{}: expected {}, got '{}'", key, expected,
                          std::string_view(node.text).substr(0, 60));
    }
    return yaml_error(file_, node.mark, "{}: expected {}, got {}", key, expected,
                      name_of(node.kind));
}

Status YamlFields::take(std::string_view key, std::string& out, std::size_t size_max) const {
    const YamlNode* node = find(key);
    if (node == nullptr) return Ok{};
    if (!node->is_text() || node->text.empty()) return wrong(*node, key, "text");
    if (node->text.size() > size_max) {
        return yaml_error(file_, node->mark, "{}: {} bytes, at most {} are allowed", key,
                          node->text.size(), size_max);
    }
    out = node->text;
    return Ok{};
}

Status YamlFields::take(std::string_view key, bool& out) const {
    const YamlNode* node = find(key);
    if (node == nullptr) return Ok{};
    if (!node->is_bool()) return wrong(*node, key, "true or false");
    out = node->boolean;
    return Ok{};
}

Status YamlFields::take(std::string_view key, Duration& out, Duration min, Duration max) const {
    const YamlNode* node = find(key);
    if (node == nullptr) return Ok{};
    const auto duration =
        node->is_text() ? parse_duration(node->text) : make_error(Errc::Parse, "no text");
    if (!duration) return wrong(*node, key, "a duration such as 30s, 15m or 2 hours");
    if (*duration < min || *duration > max) {
        return yaml_error(file_, node->mark, "{}: {} is outside of {} to {}", key, node->text,
                          to_text(min), to_text(max));
    }
    out = *duration;
    return Ok{};
}

Status YamlFields::take(std::string_view key, std::uint32_t& out, std::uint32_t min,
                        std::uint32_t max) const {
    const YamlNode* node = find(key);
    if (node == nullptr) return Ok{};
    if (!node->is_int() || node->integer < min || node->integer > max) {
        return wrong(*node, key, fmt::format("a whole number from {} to {}", min, max));
    }
    out = static_cast<std::uint32_t>(node->integer);
    return Ok{};
}

Status YamlFields::take(std::string_view key, double& out, double min, double max) const {
    const YamlNode* node = find(key);
    if (node == nullptr) return Ok{};
    double value = 0;
    if (node->is_int()) {
        value = static_cast<double>(node->integer);
    } else if (node->kind == YamlNode::Kind::Float) {
        value = node->number;
    } else {
        return wrong(*node, key, "a number");
    }
    if (!(value >= min && value <= max)) {  // also refuses what is not a number
        return wrong(*node, key, fmt::format("a number from {} to {}", min, max));
    }
    out = value;
    return Ok{};
}

Status YamlFields::take(std::string_view key, ActionMode& out) const {
    const YamlNode* node = find(key);
    if (node == nullptr) return Ok{};
    for (const ActionMode mode : {ActionMode::Observe, ActionMode::Recommend, ActionMode::Auto}) {
        if (!node->is_text() || node->text != homeostat::name_of(mode)) continue;
        out = mode;
        return Ok{};
    }
    return wrong(*node, key, "observe, recommend or auto");
}

Status YamlFields::take(std::string_view key, std::vector<std::string>& out, std::size_t items_max,
                        std::size_t size_max) const {
    const YamlNode* node = find(key);
    if (node == nullptr) return Ok{};
    if (!node->is_list()) return wrong(*node, key, "a list");
    if (node->items.size() > items_max) {
        return yaml_error(file_, node->mark, "{}: {} items, at most {} are allowed", key,
                          node->items.size(), items_max);
    }
    for (const YamlNode& item : node->items) {
        if (!item.is_text() || item.text.empty() || item.text.size() > size_max) {
            return wrong(item, key, fmt::format("text of 1 to {} bytes", size_max));
        }
        out.push_back(item.text);
    }
    return Ok{};
}

}  // namespace homeostat
