#include "agent/fleet/bundle_text.hpp"

#include <algorithm>
#include <array>

#include "agent/config/yaml_text.hpp"
#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr YamlLimits kLimits{.size_max = kBundleBytesMax};
constexpr std::array<std::string_view, 4> kOwnKeys{"bundle", "rules", "playbooks", "approvals"};

std::string utc(std::int64_t unix_ns) {
    return std::string(rfc3339(unix_ns).view().substr(0, 19)) + "Z";
}

std::string rows_of(const std::vector<HostSelector::Row>& rows) {
    std::string out;
    for (const HostSelector::Row& row : rows) {
        out += out.empty() ? "{" : ", ";
        out += yaml_quoted(row.name) + ": [";
        for (std::size_t i = 0; i < row.values.size(); ++i) {
            out += (i > 0 ? ", " : "") + yaml_quoted(row.values[i]);
        }
        out += "]";
    }
    return out + "}";
}

std::string select_of(const HostSelector& select) {
    std::string out = select.all ? "all: true" : "";
    for (const auto& [name, rows] :
         {std::pair{"labels", &select.labels}, std::pair{"facts", &select.facts}}) {
        if (rows->empty()) continue;
        out += out.empty() ? "" : ", ";
        out += std::string(name) + ": " + rows_of(*rows);
    }
    return "{" + out + "}";
}

std::string header_of(const BundleHeader& header) {
    const Rollout& rollout = header.rollout;
    std::string out = fmt::format("bundle:\n  id: {}\n  version: {}\n  issued: '{}'\n", header.id,
                                  header.version, utc(header.issued_unix_ns));
    out += fmt::format("  expires: '{}'\n", utc(header.expires_unix_ns));
    if (!header.min_agent.empty()) out += "  min_agent: " + yaml_quoted(header.min_agent) + "\n";
    out += "  select: " + select_of(header.select) + "\n";
    const auto text = [](Duration duration) { return std::string(to_text(duration).view()); };
    return out + fmt::format("  rollout: {{canary: {}, wait: {}, spread: {}, probation: {}}}\n",
                             rollout.canary, text(rollout.wait), text(rollout.spread),
                             text(rollout.probation));
}

// As a block of lines below a key that stands two spaces in; in quotes where a block cannot say it.
std::string block_of(std::string_view text) {
    const bool plain = text.find('\r') == std::string_view::npos && !text.starts_with(' ') &&
                       !text.starts_with('\n') && text.ends_with('\n') && !text.ends_with("\n\n");
    if (!plain) return yaml_quoted(text) + "\n";
    std::string out = "|\n";
    std::string_view line;
    while (next_line(text, line)) {
        if (!line.empty()) out += "    ";
        out += line;
        out += '\n';
    }
    return out;
}

std::string files_of(std::string_view key, const std::vector<BundleFile>& files) {
    if (files.empty()) return "";
    std::string out = std::string(key) + ":\n";
    for (const BundleFile& file : files) out += "  " + file.name + ": " + block_of(file.text);
    return out;
}

// As written when it is a mapping in block form; otherwise written anew.
std::string settings_of(const BundleParts& parts, const YamlNode& tree) {
    if (tree.is_null()) return "";
    const YamlMark first = tree.entries.empty() ? YamlMark{} : tree.entries[0].key_mark;
    const bool block = !tree.entries.empty() && first.column == 1 &&
                       parts.settings.find("---") == std::string::npos &&
                       trim(parts.settings).front() != '{';
    if (!block) return tree.entries.empty() ? "" : yaml_text(tree);
    return parts.settings + (parts.settings.ends_with('\n') ? "" : "\n");
}

Result<YamlNode> read_settings_part(const BundleParts& parts) {
    auto tree = parse_yaml(parts.settings, parts.settings_name, kLimits);
    if (!tree) return tree;
    if (!tree->is_null() && !tree->is_map()) {
        return yaml_error(parts.settings_name, tree->mark, "expected keys and values");
    }
    for (const YamlEntry& entry : tree->entries) {
        if (std::find(kOwnKeys.begin(), kOwnKeys.end(), entry.key) == kOwnKeys.end()) continue;
        return yaml_error(parts.settings_name, entry.key_mark,
                          "'{}' is a part of the bundle, not a setting", entry.key);
    }
    return tree;
}

bool same_files(const std::vector<BundleFile>& a, const std::vector<BundleFile>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const BundleFile& one, const BundleFile& other) {
                          return one.name == other.name && one.text == other.text;
                      });
}

}  // namespace

Result<std::string> write_bundle(const BundleParts& parts) {
    const auto settings = read_settings_part(parts);
    if (!settings) return settings.error();
    std::string text = header_of(parts.header) + settings_of(parts, *settings);
    if (!trim(parts.approvals).empty()) {
        const auto approvals = parse_yaml(parts.approvals, parts.approvals_name, kLimits);
        if (!approvals) return approvals.error();
        text += "approvals: " + yaml_flow(*approvals) + "\n";
    }
    text += files_of("rules", parts.rules) + files_of("playbooks", parts.playbooks);
    const auto bundle = parse_bundle("bundle", text);
    if (!bundle) return bundle.error();
    if (yaml_flow(bundle->settings) != (settings->is_null() ? "{}" : yaml_flow(*settings)) ||
        !same_files(bundle->rules, parts.rules) ||
        !same_files(bundle->playbooks, parts.playbooks)) {
        return make_error(Errc::Failed, "the bundle does not read back as its parts");
    }
    return text;
}

std::string trusted_comment_for(const BundleHeader& header) {
    return fmt::format("homeostat-config v={} exp={} channel={}", header.version,
                       utc(header.expires_unix_ns), header.id);
}

}  // namespace homeostat
