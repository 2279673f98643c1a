// The stock catalogue: what can go wrong on any Linux host, as data. One row is one condition.
//
// Only physics is a threshold of its own (full, read-only, failed, corrupted, unsynchronised). What
// is rate-like needs more: a minimum absolute effect (its limit), and either a witness that
// something suffers (stalls, queues, drops), or a deviation from the series' own usual value
// (`times_usual`), or both. Limits follow what node-exporter's mixin, Netdata, Checkmk, Zabbix and
// node-problem-detector ship, made to respect both a 64 MiB tmpfs and a 100 TiB array.
//
// A signal is a metric of one subject, or an event. A counter is read as its rate per second
// (smoothed over some seconds), but for Comparison::Grew. Names are views: of static storage here,
// of the configuration's memory for conditions that the owner adds (agent/config).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/event.hpp"
#include "core/finding.hpp"
#include "core/fixed_vector.hpp"

namespace homeostat {

enum class Comparison : std::uint8_t {
    AtLeast,  // holds when value >= limit
    AtMost,   // holds when value <= limit
    Became,   // AtLeast, and it was seen on the good side since start: it did not come so
    Ceased,   // AtMost, and it was seen on the good side since start
    Grew,     // a counter: holds when it has grown by the limit or more since the last reading
};

std::string_view name_of(Comparison comparison);

// True when a larger value is the worse one.
constexpr bool worse_above(Comparison comparison) {
    return comparison != Comparison::AtMost && comparison != Comparison::Ceased;
}

// One step of a condition: reached when the signal passes `limit` and, where the condition names a
// room metric, no more than `room_max` of that is left.
struct ConditionStep {
    Severity severity = Severity::Warning;
    double limit = 0;
    double room_max = 0;
};

// Mildest first.
using ConditionSteps = FixedVector<ConditionStep, 3>;

// Another metric that must agree before the condition may hold: something must suffer. Looked up
// on the same subject, else on the host; a counter is read as its rate.
struct Witness {
    std::string_view metric;  // empty: no witness
    double limit = 0;         // holds when value >= limit
};

struct Condition {
    std::string_view name;      // "filesystem_full"
    std::string_view incident;  // kind of incident that it opens; empty: notable only, joins others
    std::string_view metric;    // the signal; empty: an event
    std::optional<EventKind> event = {};  // the signal, if it is no metric
    std::string_view event_text = {};     // ... that has this in its text or object; empty: any
    std::uint32_t event_times = 1;        // ... told so often within `event_within`
    Duration event_within = {};
    std::optional<EventKind> ended_by = {};  // it holds until this is told of the same subject
    std::string_view per = {};  // the signal is divided by this metric (same subject, else host)
    Comparison comparison = Comparison::AtLeast;
    ConditionSteps steps = {};
    double times_usual = 0;             // also this many times the usual value; 0: no matter
    std::string_view room_metric = {};  // same subject, for ConditionStep::room_max; empty: none
    Witness witness = {};
    Witness witness_or = {};  // either of the two is enough
    bool stands_in = false;   // ... but the second counts only where the first is unknown
    double clear_margin = 0;  // hysteresis: a step ends this far on the good side of its limit
    Duration confirm = {};    // must hold this long
    Duration clear_after = seconds(20);  // must be gone this long
    std::string_view remedy = {};        // stock rule that helps (docs/rules.md); empty: a person
    std::string_view advice = {};        // one line for people
};

// A capacity that can run full: its metric is the used share, from 0 to 1.
struct ForecastRule {
    std::string_view name;         // "filesystem_filling"
    std::string_view incident;     // kind of incident that it opens
    std::string_view metric;       // of the same subject as the finding
    std::string_view size_metric;  // what 1.0 is in absolute terms, same subject; empty: none
    std::string_view remedy;
    std::string_view advice;  // one line for people
};

// All stock conditions, in the order of the manual.
std::span<const Condition> stock_conditions();

// The stock condition of this name, or nothing.
const Condition* find_stock_condition(std::string_view name);

std::span<const ForecastRule> stock_forecasts();

// What a person could do about this condition or forecast; empty when the catalogue lacks it.
std::string_view advice_for(std::string_view name);

}  // namespace homeostat
