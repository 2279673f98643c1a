// The list that `systemctl list-units --plain --no-legend` prints: one unit a line.
//
//     app.service loaded failed failed An application
//     UNIT        LOAD   ACTIVE SUB    DESCRIPTION
#pragma once

#include <string_view>

#include "core/fixed_string.hpp"
#include "core/fixed_vector.hpp"
#include "core/function_ref.hpp"

namespace homeostat {

// Views of the text.
struct UnitLine {
    std::string_view unit;
    std::string_view load;         // loaded, not-found, masked, error
    std::string_view active;       // active, failed, activating ...
    std::string_view sub;          // running, failed, auto-restart ...
    std::string_view description;  // may be empty
};

// Calls `visit` for each line that is one of a unit; others are counted in the result.
std::size_t parse_unit_list(std::string_view text, FunctionRef<void(const UnitLine&)> visit);

}  // namespace homeostat
