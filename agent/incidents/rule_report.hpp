// RuleReport: what each rule did or would have done, and whether it helped or would have had
// anything to do; from the incidents on this host's disk. It is what a person reads before a mode
// is raised.
//
// An incident that a rule only watched, dry or as the tenth that is left alone, and that was over
// within kByItself is one for which the action would have been needless. The others lasted on, so
// long: the most that the action could have saved. Runs that were real tell how often it helps.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/incident.hpp"

namespace homeostat {

inline constexpr Duration kByItself = minutes(2);  // as long as a verification takes

struct RuleFigures {
    FixedString<63> rule;
    std::uint32_t watched = 0;    // incidents with a dry run, or a recommendation nobody took
    std::uint32_t by_itself = 0;  // ... over within kByItself
    std::uint32_t lasted = 0;     // ... that lasted on; their median from the decision to the end:
    double lasted_seconds = 0;    // 0 while all are still open
    std::uint32_t refused = 0;    // incidents in which a guard said no and nothing else happened
    std::uint32_t ran = 0;        // real runs
    std::uint32_t effective = 0;  // ... after which it was over
    std::uint32_t in_vain = 0;    // ... ineffective or failed
    std::uint32_t worse = 0;
};

// One for each rule that decided anything about incidents opened since then, by name.
std::vector<RuleFigures> rule_figures(std::span<const Incident> incidents,
                                      std::int64_t since_unix_ns);

// A line for each; empty when no rule decided anything.
std::string rule_report_text(std::span<const RuleFigures> rules);

}  // namespace homeostat
