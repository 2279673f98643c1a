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

std::string_view name_of(Effect effect) {
    switch (effect) {
        case Effect::Unknown: return "";
        case Effect::Helped: return "effective";
        case Effect::DidNotHelp: return "ineffective";
        case Effect::Worse: return "worse";
    }
    return "";
}

}  // namespace homeostat
