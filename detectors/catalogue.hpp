// The stock catalogue: physical limits that are wrong on any Linux host, as data.
//
// One row is one condition. Only physics is a threshold (full, read-only, exhausted); whatever has
// a rate is left to the learned models. Limits follow what node-exporter's mixin, Netdata, Checkmk
// and Zabbix ship, made to respect both a 64 MiB tmpfs and a 100 TiB array: a file system is full
// when its used share is high AND little absolute room is left.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/finding.hpp"

namespace homeostat {

enum class Comparison : std::uint8_t {
    AtLeast,  // holds when value >= limit
    AtMost,   // holds when value <= limit
    Became,   // holds when value >= limit now, and it was seen below the limit since start
    Grew,     // a counter: holds when it has grown by the limit or more since the last reading
};

// One step of a condition: reached when the metric passes `limit` and, where the condition names a
// room metric, no more than `room_max` of that is left.
struct ConditionStep {
    Severity severity = Severity::Warning;
    double limit = 0;
    double room_max = 0;
};

// Another metric that must agree before the condition may hold: something must suffer.
struct Witness {
    std::string_view metric;  // empty: no witness needed
    double limit = 0;         // holds when value >= limit
};

struct Condition {
    static constexpr std::size_t kStepsMax = 3;

    std::string_view name;      // "filesystem_full"
    std::string_view incident;  // kind of incident that it opens
    std::string_view metric;    // of the same subject as the finding
    Comparison comparison = Comparison::AtLeast;
    std::array<ConditionStep, kStepsMax> steps{};  // mildest first
    std::size_t steps_used = 0;
    std::string_view room_metric;  // same subject, for ConditionStep::room_max; empty: none
    Witness witness;               // of the host
    double clear_margin = 0;       // hysteresis: a step ends this far on the good side of its limit
    Duration confirm;              // must hold this long
    Duration clear_after;          // must be gone this long
    std::string_view advice;       // one line for people
};

// A capacity that can run full: its metric is the used share, from 0 to 1.
struct ForecastRule {
    std::string_view name;         // "filesystem_filling"
    std::string_view incident;     // kind of incident that it opens
    std::string_view metric;       // of the same subject as the finding
    std::string_view size_metric;  // what 1.0 is in absolute terms, same subject; empty: none
    std::string_view advice;       // one line for people
};

// All stock conditions, in the order of the manual.
std::span<const Condition> stock_conditions();

// The stock condition of this name, or nothing.
const Condition* find_stock_condition(std::string_view name);

std::span<const ForecastRule> stock_forecasts();

// What a person could do about this condition or forecast; empty when the catalogue lacks it.
std::string_view advice_for(std::string_view name);

}  // namespace homeostat
