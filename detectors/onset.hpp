// OnsetFilter lets the beginning of an oddity through and holds back the rest of it, so that one
// event is one notification.
//
// The height of the last events is remembered and fades over some hundred rows; only what rises
// clearly above it is a new beginning.
#pragma once

namespace homeostat {

class OnsetFilter {
public:
    // How strongly this row calls for a new notification: the surprise itself at an onset, next to
    // nothing otherwise.
    double observe(double surprise);

private:
    double held_ = 0;
};

// Surprise at and above which a row is flagged: one false incident a month and series (DEV data).
inline constexpr double kSeriesFlag = 2.0;
// ... the host's surprise: one false incident a week and machine.
inline constexpr double kHostFlag = 2.0;

}  // namespace homeostat
