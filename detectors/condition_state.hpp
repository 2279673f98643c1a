// ConditionState follows one condition on one subject: it must hold for a while to count, and be
// gone for a while to be over, so that a value that dances on its limit is one fault, not many.
#pragma once

#include <cstddef>
#include <optional>

#include "detectors/catalogue.hpp"

namespace homeostat {

// What a condition looks at in one tick.
struct ConditionInput {
    double value = 0;
    std::optional<double> room;     // nothing: not measured (yet)
    std::optional<double> witness;  // nothing: not measured (yet)
};

class ConditionState {
public:
    // The step that holds now, or nothing. A step is confirmed after condition.confirm, ends after
    // condition.clear_after. A condition that names a witness or a room metric never starts without
    // it: unknown is not failed.
    // REQUIRES: the same condition each time; now does not go back.
    const ConditionStep* observe(const Condition& condition, const ConditionInput& seen,
                                 Instant now);

    // The step that held at the last observe().
    [[nodiscard]] const ConditionStep* holding(const Condition& condition) const {
        return active_ == 0 ? nullptr : &condition.steps[active_ - 1U];
    }
    // When it began to hold, before it was confirmed. REQUIRES: holding().
    [[nodiscard]] Instant since() const { return since_; }

private:
    std::uint8_t active_ = 0;  // step + 1; 0: does not hold
    bool pending_ = false;     // reached, not yet confirmed
    bool leaving_ = false;     // gone, not yet over
    bool seen_below_ = false;  // for Comparison::Became
    bool has_last_ = false;    // for Comparison::Grew
    double last_value_ = 0;
    Instant since_;
    Instant leaving_since_;
};

}  // namespace homeostat
