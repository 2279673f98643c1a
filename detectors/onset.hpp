// OnsetModel decides how strongly a row calls for a new notification: one event, one message.
//
// Four views of the series are asked how rare their present value is in the series' own history:
// the one-step residual, the three-hour level, and the shape of the last rows at two scales. Their
// bits are put together: what is a little odd in every view is news nearly as much as what is very
// odd in one. The coarse shape counts for less: it is the same for twelve rows, and meets the
// chance oddities of all of them. Then the beginning is let through and the rest held back: the
// height of the last events is remembered, fades over some hundred rows, and only what rises
// clearly above it is a beginning. Behind one that was worth a notification there is none for 32
// rows: an event that still grows has been told.
#pragma once

#include <cstdint>

#include "detectors/block_maxima.hpp"
#include "detectors/series_model.hpp"
#include "detectors/shape_memory.hpp"

namespace homeostat {

// Lets the beginning of an oddity through and holds back the rest of it.
class OnsetFilter {
public:
    // `worth`: an onset as strong as this is a notification.
    explicit OnsetFilter(double worth) : worth_(worth) {}

    // The strength itself at an onset, next to nothing otherwise.
    double observe(double strength);

private:
    double worth_;
    float held_ = 0;
    std::uint32_t told_ = 0;  // rows for which the last notification stands
};

// An event is not over at its first quiet row: surprise sinks by a third a row at most.
class Afterglow {
public:
    double observe(double surprise);

private:
    double last_ = 0;
};

class OnsetModel {
public:
    OnsetModel();

    // In [0,1): one half is where a notification begins to be worth its cost. `verdict` is what
    // the SeriesModel said of the same value. A value that is not finite is missing.
    double observe(double local_seconds, double value, const SeriesVerdict& verdict);

private:
    static constexpr std::uint8_t kFineRows = 2;
    static constexpr std::uint8_t kCoarseRows = 12;

    BlockMaxima step_history_;
    BlockMaxima long_history_;
    BlockMaxima fine_history_;
    BlockMaxima coarse_history_;
    ShapeMemory fine_{kFineRows};
    ShapeMemory coarse_{kCoarseRows};
    OnsetFilter filter_;
    std::uint32_t rows_ = 0;
};

static_assert(sizeof(OnsetModel) <= 1024);  // of replay alone: the daemon has one report for all

// A host's onset: the same filter over its joint surprise.
double host_onset(OnsetFilter& filter, double surprise);

// Surprise at and above which a row of one series is flagged: less than one false incident a month
// and series on the labelled data of docs/detection.md.
inline constexpr double kSeriesFlag = 2.1;
// ... of a host: less than one false incident a week and host.
inline constexpr double kHostFlag = 7.6;

}  // namespace homeostat
