// ConditionWatch feeds one stock condition a value a second and tells the severity that holds.
#pragma once

#include <doctest/doctest.h>

#include "detectors/condition_state.hpp"
#include "tests/support/manual_clock.hpp"

namespace homeostat::test {

class ConditionWatch {
public:
    static constexpr int kNone = -1;

    explicit ConditionWatch(std::string_view name) : condition_(find_stock_condition(name)) {
        REQUIRE(condition_ != nullptr);
    }

    // The severity as a number after `times` seconds of this input; kNone when it does not hold.
    int after(int times, const ConditionInput& input) {
        for (int i = 0; i < times; ++i) {
            clock_.advance(seconds(1));
            state_.observe(*condition_, input, clock_.now());
        }
        const ConditionStep* step = state_.holding(*condition_);
        return step == nullptr ? kNone : static_cast<int>(step->severity);
    }
    [[nodiscard]] Duration age() const { return clock_.now() - state_.since(); }

private:
    const Condition* condition_;
    ConditionState state_;
    ManualClock clock_;
};

inline constexpr int kInfo = static_cast<int>(Severity::Info);
inline constexpr int kWarning = static_cast<int>(Severity::Warning);
inline constexpr int kError = static_cast<int>(Severity::Error);
inline constexpr int kCritical = static_cast<int>(Severity::Critical);
inline constexpr int kNone = ConditionWatch::kNone;

}  // namespace homeostat::test
