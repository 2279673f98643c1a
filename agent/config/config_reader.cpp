#include "agent/config/config_reader.hpp"

#include "agent/config/byte_size.hpp"

#include <algorithm>
#include <span>

#include "core/nearest.hpp"

namespace homeostat {
namespace {

bool is_number(const YamlNode& node) {
    return node.kind == YamlNode::Kind::Int || node.kind == YamlNode::Kind::Float;
}

double number_of(const YamlNode& node) {
    return node.is_int() ? static_cast<double>(node.integer) : node.number;
}

}  // namespace

std::string shown(const YamlNode& node) {
    if (node.is_scalar() && !node.is_null()) return fmt::format("'{}'", node.text);
    return std::string(name_of(node.kind));
}

ConfigReader::ConfigReader(const YamlNode& node, const ConfigContext& context)
    : node_(node), context_(context) {
    if (!node.is_map() && !node.is_null()) {
        context.complain(node.mark, "expected keys and values, got {}", shown(node));
    }
}

const YamlNode* ConfigReader::find(std::string_view key) {
    known_.push_back(key);
    if (!node_.is_map()) return nullptr;
    const YamlEntry* entry = node_.find(key);
    return entry == nullptr ? nullptr : &entry->value;
}

bool ConfigReader::has(std::string_view key) const {
    return node_.is_map() && node_.find(key) != nullptr;
}

const YamlNode* ConfigReader::child(std::string_view key) {
    return find(key);
}

void ConfigReader::text(std::string_view key, std::string& out) {
    const YamlNode* node = find(key);
    if (node == nullptr) return;
    if (!node->is_scalar() || node->is_null() || node->is_bool()) {
        context_.complain(node->mark, "{}: expected text, got {}", key, shown(*node));
        return;
    }
    out = node->text;
}

void ConfigReader::flag(std::string_view key, bool& out) {
    const YamlNode* node = find(key);
    if (node == nullptr) return;
    if (!node->is_bool()) {
        context_.complain(node->mark, "{}: expected true or false, got {}", key, shown(*node));
        return;
    }
    out = node->boolean;
}

void ConfigReader::number(std::string_view key, double& out, ConfigRange<double> range) {
    const YamlNode* node = find(key);
    if (node == nullptr) return;
    if (!is_number(*node) || !(number_of(*node) >= range.least) ||
        !(number_of(*node) <= range.most)) {
        context_.complain(node->mark, "{}: expected a number from {} to {}, got {}", key,
                          range.least, range.most, shown(*node));
        return;
    }
    out = number_of(*node);
}

void ConfigReader::count(std::string_view key, std::size_t& out, ConfigRange<std::size_t> range) {
    const YamlNode* node = find(key);
    if (node == nullptr) return;
    if (!node->is_int() || node->integer < 0 ||
        static_cast<std::size_t>(node->integer) < range.least ||
        static_cast<std::size_t>(node->integer) > range.most) {
        context_.complain(node->mark, "{}: expected a whole number from {} to {}, got {}", key,
                          range.least, range.most, shown(*node));
        return;
    }
    out = static_cast<std::size_t>(node->integer);
}

void ConfigReader::bytes(std::string_view key, std::size_t& out, ConfigRange<std::size_t> range) {
    const YamlNode* node = find(key);
    if (node == nullptr) return;
    const auto parsed = node->is_scalar() ? parse_byte_size(node->text)
                                          : Result<std::uint64_t>(make_error(Errc::Parse, "none"));
    if (!parsed || *parsed < range.least || *parsed > range.most) {
        context_.complain(node->mark,
                          "{}: expected a size from {} to {} bytes such as '10MB', got {}", key,
                          range.least, range.most, shown(*node));
        return;
    }
    out = *parsed;
}

void ConfigReader::duration(std::string_view key, Duration& out, ConfigRange<Duration> range) {
    const YamlNode* node = find(key);
    if (node == nullptr) return;
    const auto parsed = node->is_text() ? parse_duration(node->text)
                                        : Result<Duration>(make_error(Errc::Parse, "no text"));
    if (!parsed || *parsed < range.least || *parsed > range.most) {
        context_.complain(node->mark, "{}: expected a duration from {} to {} such as '30s', got {}",
                          key, to_text(range.least), to_text(range.most), shown(*node));
        return;
    }
    out = *parsed;
}

void ConfigReader::texts(std::string_view key, std::vector<std::string>& out) {
    const YamlNode* node = find(key);
    if (node == nullptr) return;
    if (!node->is_list()) {
        context_.complain(node->mark, "{}: expected a list, got {}", key, shown(*node));
        return;
    }
    for (const YamlNode& item : node->items) {
        if (!item.is_scalar() || item.is_null()) {
            context_.complain(item.mark, "{}: expected text, got {}", key, shown(item));
        } else {
            out.push_back(item.text);
        }
    }
}

void ConfigReader::pairs(std::string_view key,
                         std::vector<std::pair<std::string, std::string>>& out) {
    const YamlNode* node = find(key);
    if (node == nullptr) return;
    if (!node->is_map()) {
        context_.complain(node->mark, "{}: expected names and values, got {}", key, shown(*node));
        return;
    }
    for (const YamlEntry& entry : node->entries) {
        if (!entry.value.is_scalar() || entry.value.is_null()) {
            context_.complain(entry.value.mark, "{}: expected text for '{}', got {}", key,
                              entry.key, shown(entry.value));
        } else {
            out.emplace_back(entry.key, entry.value.text);
        }
    }
}

void ConfigReader::choice(std::string_view key, std::size_t& out,
                          std::span<const std::string_view> names) {
    const YamlNode* node = find(key);
    if (node == nullptr) return;
    const auto found =
        node->is_scalar() ? std::find(names.begin(), names.end(), node->text) : names.end();
    if (found == names.end()) {
        std::string list;
        for (const std::string_view name : names) {
            list += list.empty() ? "" : ", ";
            list += name;
        }
        context_.complain(node->mark, "{}: expected one of {}, got {}{}", key, list, shown(*node),
                          did_you_mean(node->text, names));
        return;
    }
    out = static_cast<std::size_t>(found - names.begin());
}

void ConfigReader::finish() {
    if (!node_.is_map()) return;
    for (const YamlEntry& entry : node_.entries) {
        if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
        context_.complain(entry.key_mark, "unknown key '{}'{}", entry.key,
                          did_you_mean(entry.key, known_));
    }
}

}  // namespace homeostat
