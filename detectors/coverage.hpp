// Coverage: what can go wrong on a Linux node, and which condition of the catalogue sees it.
//
// The list was gathered from the alert rules and health checks that other agents ship and from
// what their users asked for. Each topic has conditions, or the reason why the catalogue has none.
// docs/conditions.md is generated from it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "detectors/catalogue.hpp"

namespace homeostat {

struct Topic {
    std::string_view name;
    std::string_view conditions;  // names, separated by blanks; forecasts count too
    std::string_view reason;      // why there is none, or what the conditions leave open
};

std::span<const Topic> topics();

// docs/conditions.md: the topics and the conditions as tables.
std::string conditions_manual(std::span<const Condition> conditions);

// One row of the second table, without the bars: the signal, the limits, the witness in words.
std::string signal_text(const Condition& condition);
std::string limits_text(const Condition& condition);
std::string witness_text(const Condition& condition);

}  // namespace homeostat
