#include "detectors/condition_state.hpp"

#include <algorithm>

namespace homeostat {
namespace {

constexpr double kRoomSlack = 1.25;  // hysteresis of the room: a step ends with a quarter more

bool passes(Comparison comparison, double value, double limit, double margin) {
    if (comparison == Comparison::AtMost) return value <= limit + margin;
    return value >= limit - margin;
}

// The highest step reached, as step + 1. `slack` is true for steps that hold already.
std::uint8_t step_reached(const Condition& condition, const ConditionInput& input, bool slack) {
    const double margin = slack ? condition.clear_margin : 0;
    std::uint8_t reached = 0;
    for (std::size_t i = 0; i < condition.steps_used; ++i) {
        const ConditionStep& step = condition.steps[i];
        if (!passes(condition.comparison, input.value, step.limit, margin)) break;
        if (!condition.room_metric.empty()) {
            const double room_max = step.room_max * (slack ? kRoomSlack : 1);
            if (!input.room || *input.room > room_max) break;
        }
        reached = static_cast<std::uint8_t>(i + 1);
    }
    return reached;
}

bool witnessed(const Condition& condition, const ConditionInput& input) {
    if (condition.witness.metric.empty()) return true;
    return input.witness && *input.witness >= condition.witness.limit;
}

}  // namespace

const ConditionStep* ConditionState::observe(const Condition& condition, const ConditionInput& seen,
                                             Instant now) {
    ConditionInput input = seen;
    if (condition.comparison == Comparison::Grew) {
        input.value = has_last_ ? seen.value - last_value_ : 0;
        last_value_ = seen.value;
        has_last_ = true;
    }
    std::uint8_t reached = step_reached(condition, input, false);
    if (reached == 0) seen_below_ = true;
    if (condition.comparison == Comparison::Became && !seen_below_) reached = 0;
    if (active_ == 0) {
        // A witness is asked for at the start only: the fault goes on while its cause does.
        if (reached == 0 || !witnessed(condition, input)) {
            pending_ = false;
        } else if (!pending_) {
            pending_ = true;
            since_ = now;
        }
        if (pending_ && now - since_ >= condition.confirm) {
            active_ = reached;
            pending_ = false;
            leaving_ = false;
        }
        return holding(condition);
    }
    const std::uint8_t kept = std::min(active_, step_reached(condition, input, true));
    if (kept > 0 || reached > 0) {
        leaving_ = false;
        active_ = std::max(reached, kept);
    } else if (!leaving_) {
        leaving_ = true;
        leaving_since_ = now;
    }
    if (leaving_ && now - leaving_since_ >= condition.clear_after) {
        active_ = 0;
        leaving_ = false;
    }
    return holding(condition);
}

}  // namespace homeostat
