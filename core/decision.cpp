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

std::string_view name_of(Guard guard) {
    switch (guard) {
        case Guard::None: return "none";
        case Guard::NoAllowList: return "no_allow_list";
        case Guard::NotAllowed: return "not_allowed";
        case Guard::Grace: return "grace";
        case Guard::Storm: return "storm";
        case Guard::Turn: return "turn";
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
