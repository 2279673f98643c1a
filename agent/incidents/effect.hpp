// Effect tells whether an action moved what it had to move, and what would have come without it.
//
// Every action is a hypothesis: "this value will be below 80 % within two minutes". A disk that was
// about to shrink by itself proves nothing, and one that fills faster than before speaks against
// the action, so the value is compared with where its own last minute was heading: the forecast of
// doing nothing. Three answers: it helped, it did not in time, it made matters worse (then it is
// not tried again: reliability rule B22).
//
// Pure arithmetic: no clock, no I/O, no allocation.
#pragma once

#include <optional>

#include "core/decision.hpp"

namespace homeostat {

// What must become true after an action, and until when (rule key `verify`). Without that key: the
// incident must be over, that is, none of its findings holds any more.
struct Verification {
    enum class Sense : std::uint8_t { Over, Below, Above };
    Sense sense = Sense::Over;
    double threshold = 0;
    Duration within = seconds(120);
};

// Where a value was heading before the action: a straight line through its newest minute.
struct NoActionForecast {
    double value = 0;            // when the action was asked for
    double rate_per_second = 0;  // 0 when too little is known
    bool is_ratio = false;       // never below 0 or above 1

    [[nodiscard]] double after(Duration time) const;
};

// Least squares over the newest points. Fewer than kForecastPointsMin: it stays as it is.
inline constexpr std::size_t kForecastPointsMin = 4;
NoActionForecast forecast_without_action(const Snippet& snippet, double value);

// What is seen now, so long after the action ended.
struct EffectView {
    std::optional<double> value;  // of the metric it must move; nothing: not measured
    bool calm = false;            // no finding of the incident has held for a moment
    bool severity_rose = false;   // since the action was asked for
    double expected = 0;          // NoActionForecast::after() of now
    Duration since;
};

// Unknown: it is too early to tell.
Effect judge(const Verification& verification, double before, const EffectView& view);

}  // namespace homeostat
