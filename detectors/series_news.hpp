// SeriesNews is what one series tells of a row to the host it belongs to (HostModel). All in
// multiples of what the series reaches in a bad hour, where not said otherwise; nothing for a
// missing value.
#pragma once

namespace homeostat {

struct SeriesNews {
    // The surprise, but for a frozen value, which is a fault of whoever measures it, and as odd at
    // a job's hour as at any other: beside others that are odd, the hour is no excuse.
    double surprise = 0;
    // Of the one-step residual alone: slow questions must not drown the one for restlessness.
    double step = 0;
    // The quarter-hour mean of the signed shift: a small oddity that stays on one side is news for
    // the host, where others can bear it out.
    double lasting = 0;
    // The signed shift, in scales at which one begins to be odd.
    double lean = 0;
    bool judged = false;  // none while learning and for a missing value
    // The last minutes lie clearly outside the range of two weeks.
    bool beyond_range = false;
};

}  // namespace homeostat
