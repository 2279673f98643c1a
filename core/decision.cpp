#include "core/decision.hpp"

namespace homeostat {

std::string_view name_of(ActionMode mode) {
    switch (mode) {
        case ActionMode::Observe: return "observe";
        case ActionMode::Recommend: return "recommend";
        case ActionMode::Auto: return "auto";
    }
    return "unknown";
}

}  // namespace homeostat
