#include "detectors/condition_state.hpp"

#include <algorithm>

namespace homeostat {
namespace {

constexpr double kRoomSlack = 1.25;  // hysteresis of the room: a step ends with a quarter more

// A witness may be measured less often than the signal: it may lag by this much.
constexpr Duration kWitnessLagMax = seconds(30);

constexpr double kUsualMemorySeconds = 900;
// Less than this has been seen of a young series: what is usual for it is not known yet.
constexpr double kUsualKnownAfterSeconds = 20;
constexpr double kGapSecondsMax = 60;  // a longer gap teaches no more than this
constexpr double kClip = 2;            // one reading counts for at most so many times the usual

bool passes(Comparison comparison, double value, double limit, double margin) {
    return worse_above(comparison) ? value >= limit - margin : value <= limit + margin;
}

// The highest step reached, as step + 1. `slack` is true for steps that hold already.
std::uint8_t step_reached(const Condition& condition, const ConditionInput& input, bool slack) {
    const double margin = slack ? condition.clear_margin : 0;
    std::uint8_t reached = 0;
    for (std::size_t i = 0; i < condition.steps.size(); ++i) {
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

bool agrees(const Witness& witness, const std::optional<double>& seen) {
    return !witness.metric.empty() && seen && *seen >= witness.limit;
}

bool witnessed(const Condition& condition, const ConditionInput& input) {
    if (condition.witness.metric.empty()) return true;
    if (agrees(condition.witness, input.witness)) return true;
    if (condition.stands_in && input.witness) return false;
    return agrees(condition.witness_or, input.witness_or);
}

bool must_have_been_good(Comparison comparison) {
    return comparison == Comparison::Became || comparison == Comparison::Ceased;
}

}  // namespace

bool ConditionState::has_usual() const {
    return usual_seconds_ >= kUsualKnownAfterSeconds;
}

bool ConditionState::is_unusual(const Condition& condition, double value) const {
    if (condition.times_usual <= 0) return true;
    if (!has_usual()) return false;
    return worse_above(condition.comparison) ? value >= usual_ * condition.times_usual
                                             : value * condition.times_usual <= usual_;
}

// The mean of a young series is the plain mean, so that its first reading does not weigh most.
void ConditionState::learn(double value, Instant now) {
    if (learned_at_.monotonic_ns == 0) {
        usual_ = value;
    } else {
        const double step = std::clamp((now - learned_at_).seconds(), 0.0, kGapSecondsMax);
        usual_seconds_ = std::min(usual_seconds_ + step, kUsualMemorySeconds);
        const double taken = has_usual() && usual_ > 0 ? std::min(value, usual_ * kClip) : value;
        if (usual_seconds_ > 0) usual_ += (taken - usual_) * step / usual_seconds_;
    }
    learned_at_ = now;
}

// A witness and a deviation are asked for when it is to start: it began when the limit was passed,
// and it goes on while its cause does. What waited long for its witness began with the witness.
void ConditionState::start(const Condition& condition, const ConditionInput& input,
                           std::uint8_t reached, Instant now) {
    if (reached == 0 || !is_unusual(condition, input.value)) {
        pending_ = false;
        return;
    }
    if (!pending_) {
        pending_ = true;
        since_ = now;
    }
    if (now - since_ < condition.confirm || !witnessed(condition, input)) return;
    if (now - since_ > condition.confirm + kWitnessLagMax) since_ = now;
    active_ = reached;
    pending_ = false;
    leaving_ = false;
}

void ConditionState::go_on(const Condition& condition, const ConditionInput& input,
                           std::uint8_t reached, Instant now) {
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
}

const ConditionStep* ConditionState::observe(const Condition& condition, const ConditionInput& seen,
                                             Instant now) {
    ConditionInput input = seen;
    if (condition.comparison == Comparison::Grew) {
        input.value = has_last_ ? seen.value - last_value_ : 0;
        last_value_ = seen.value;
        has_last_ = true;
    }
    std::uint8_t reached = step_reached(condition, input, false);
    if (reached == 0) seen_good_ = true;
    if (must_have_been_good(condition.comparison) && !seen_good_) reached = 0;
    if (active_ == 0) {
        start(condition, input, reached, now);
    } else {
        go_on(condition, input, reached, now);
    }
    // What nobody suffers from for so long is usual.
    const bool undecided = pending_ && now - since_ < condition.confirm + kWitnessLagMax;
    if (condition.times_usual > 0 && active_ == 0 && !undecided) learn(input.value, now);
    return holding(condition);
}

}  // namespace homeostat
