#include "actions/audit_tail.hpp"

#include <nlohmann/json.hpp>

#include "actions/audit.hpp"
#include "core/file.hpp"
#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

std::string text_of(const nlohmann::json& entry, const char* key) {
    const auto found = entry.find(key);
    return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<std::vector<std::string>> last_audit_lines(const std::string& directory, std::size_t count) {
    // A line is begun only while the file is smaller, so it ends below this.
    const auto text = read_file(directory + "/audit.log", kAuditBytesMax + kAuditLineMax);
    if (!text) return text.error();
    std::vector<std::string> lines;
    std::string_view rest = *text;
    std::string_view line;
    while (next_line(rest, line)) {
        if (lines.size() == count && count > 0) lines.erase(lines.begin());
        if (count > 0) lines.emplace_back(line);
    }
    return lines;
}

std::string tell_audit_line(std::string_view line) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    const auto entry = json.is_object() ? json.find("entry") : json.end();
    if (!json.is_object() || entry == json.end() || !entry->is_object()) {
        return fmt::format("not a line of this log: {}", line.substr(0, 120));
    }
    std::string told = fmt::format("{}  {:<9}", text_of(*entry, "time"), text_of(*entry, "event"));
    const std::string rule = text_of(*entry, "rule");
    if (!rule.empty()) told += fmt::format("  '{}' ({})", rule, text_of(*entry, "mode"));
    const std::string detail = text_of(*entry, "detail");
    if (!detail.empty()) told += "  " + detail;
    return told;
}

}  // namespace homeostat
