// ConditionState follows one condition on one subject: it must hold for a while to count, and be
// gone for a while to be over, so that a value that dances on its limit is one fault, not many.
//
// A condition with a baseline (`times_usual`) also keeps the usual value of its signal: a mean that
// forgets in a quarter of an hour, takes no more than twice itself from any one reading, and learns
// nothing while the condition holds or is about to. The seasonal baselines are detectors/learned.
#pragma once

#include <cstddef>
#include <optional>

#include "detectors/catalogue.hpp"

namespace homeostat {

// What a condition looks at in one tick.
struct ConditionInput {
    double value = 0;                       // the signal; of Comparison::Grew the counter itself
    std::optional<double> room = {};        // nothing: not measured (yet)
    std::optional<double> witness = {};     // nothing: not measured (yet)
    std::optional<double> witness_or = {};  // the same, of the second witness
};

class ConditionState {
public:
    // The step that holds now, or nothing. A step is confirmed after condition.confirm, ends after
    // condition.clear_after. A condition that names witnesses, a room metric or a baseline never
    // starts without them: unknown is not failed. (Kernels without PSI have no stalls to tell of: a
    // witness that stands in counts there, and only there.)
    // REQUIRES: the same condition each time; now does not go back.
    const ConditionStep* observe(const Condition& condition, const ConditionInput& seen,
                                 Instant now);

    // The step that held at the last observe().
    [[nodiscard]] const ConditionStep* holding(const Condition& condition) const {
        return active_ == 0 ? nullptr : &condition.steps[active_ - 1U];
    }
    // When it began to hold, before it was confirmed. REQUIRES: holding().
    [[nodiscard]] Instant since() const { return since_; }
    // The usual value; 0 while there is none.
    [[nodiscard]] double usual() const { return has_usual() ? usual_ : 0; }

private:
    [[nodiscard]] bool has_usual() const;
    [[nodiscard]] bool is_unusual(const Condition& condition, double value) const;
    void learn(double value, Instant now);
    void start(const Condition& condition, const ConditionInput& input, std::uint8_t reached,
               Instant now);
    void go_on(const Condition& condition, const ConditionInput& input, std::uint8_t reached,
               Instant now);

    std::uint8_t active_ = 0;  // step + 1; 0: does not hold
    bool pending_ = false;     // reached, not yet confirmed
    bool leaving_ = false;     // gone, not yet over
    bool seen_good_ = false;   // for Comparison::Became and Ceased
    bool has_last_ = false;    // for Comparison::Grew
    double last_value_ = 0;
    double usual_ = 0;
    double usual_seconds_ = 0;  // learned for so long
    Instant learned_at_;
    Instant since_;
    Instant leaving_since_;
};

}  // namespace homeostat
