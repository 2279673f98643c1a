// Finding is what a detector says of one subject in one tick: this is odd, or this limit is near.
//
// Findings are levels, not edges: a detector repeats its finding every tick for as long as it holds
// true. The incident engine makes one incident, with one start and one end, out of them.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/series.hpp"
#include "core/subject.hpp"
#include "core/time.hpp"

namespace homeostat {

enum class Severity : std::uint8_t { Info, Warning, Error, Critical };

enum class FindingKind : std::uint8_t {
    Condition,  // a physical limit of the stock catalogue is reached
    Forecast,   // ... or will be, at the present rate
    Spike,
    LevelShift,
    Trend,
    FlatLine,
    Variance,
    Missing,
    Joint,
};

std::string_view name_of(Severity severity);
std::string_view name_of(FindingKind kind);

// "info", "warning", "error" or "critical"; nothing else.
bool parse_severity(std::string_view text, Severity& out);

struct Finding {
    FindingKind kind = FindingKind::Condition;
    Severity severity = Severity::Info;
    FixedString<47> condition;  // catalogue entry, or the learned detector's name
    FixedString<47> incident;   // the kind of incident it belongs to; empty: notable only
    Subject subject;
    FixedString<63> metric;
    Unit unit = Unit::None;
    Instant since;                     // when it began to hold
    Instant last_held;                 // when it last held: kept by the incident it belongs to
    double value = 0;                  // what was seen
    double worst = 0;                  // ... at its worst: kept by the incident it belongs to
    double expected = 0;               // the learned middle, or 0
    double limit = 0;                  // the physical limit, or the edge of the learned band
    double score = 0;                  // how surprising, in [0,1]; 1 for a physical limit
    double rate_per_second = 0;        // of `value` or of the capacity behind it, for forecasts
    double seconds_to_limit = -1;      // forecast: expected; negative: none
    double seconds_to_limit_low = -1;  // ... the early and the late edge of its interval
    double seconds_to_limit_high = -1;
    bool worse_below = false;    // the smaller the value, the worse
    bool source_silent = false;  // nobody measures it any more: this is the last that was known
};

}  // namespace homeostat
