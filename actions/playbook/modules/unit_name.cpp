#include "actions/playbook/modules/unit_name.hpp"

#include <algorithm>
#include <array>

#include "actions/playbook/utf8.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::array<std::string_view, 11> kSuffixes{".service",   ".socket", ".device", ".mount",
                                                     ".automount", ".swap",   ".target", ".path",
                                                     ".timer",     ".slice",  ".scope"};
constexpr std::size_t kUnitNameMax = 255;  // systemd.unit(5)

bool is_unit_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
           c == '_' || c == '.' || c == '@' || c == '\\' || c == '-';
}

}  // namespace

Result<std::string> unit_name(std::string_view name) {
    if (name.empty() || name[0] == '-' || name.size() > kUnitNameMax ||
        !std::all_of(name.begin(), name.end(), is_unit_character)) {
        return make_error(Errc::Invalid, "'{}' is not the name of a unit", name);
    }
    const bool has_suffix =
        std::any_of(kSuffixes.begin(), kSuffixes.end(), [&](std::string_view suffix) {
            return name.size() > suffix.size() && name.ends_with(suffix);
        });
    return std::string(name) + (has_suffix ? "" : ".service");
}

Map parse_unit_properties(std::string_view text) {
    Map properties;
    std::string_view line;
    while (next_line(text, line)) {
        const auto equals = line.find('=');
        if (equals == std::string_view::npos || equals == 0) continue;
        properties.set(to_valid_utf8(line.substr(0, equals)),
                       to_valid_utf8(line.substr(equals + 1)));
    }
    return properties;
}

}  // namespace homeostat::playbook
