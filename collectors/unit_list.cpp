#include "collectors/unit_list.hpp"

#include "core/parse.hpp"

namespace homeostat {

std::size_t parse_unit_list(std::string_view text, FunctionRef<void(const UnitLine&)> visit) {
    std::size_t refused = 0;
    std::string_view line;
    while (next_line(text, line)) {
        std::string_view rest = line;
        UnitLine unit;
        unit.unit = next_word(rest);
        // A failed unit has a dot before its name where systemctl thinks that a person reads.
        if (unit.unit == "\xE2\x97\x8F" || unit.unit == "*") unit.unit = next_word(rest);
        unit.load = next_word(rest);
        unit.active = next_word(rest);
        unit.sub = next_word(rest);
        unit.description = trim(rest);
        if (unit.unit.empty()) continue;
        if (unit.sub.empty() || unit.unit.find('.') == std::string_view::npos) {
            ++refused;
            continue;
        }
        visit(unit);
    }
    return refused;
}

}  // namespace homeostat
