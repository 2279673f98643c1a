// DrillOutcome: what the watch made of a drill. Seen, explained, and what would have been done.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "agent/drill/drill_plan.hpp"
#include "core/incident.hpp"

namespace homeostat {

struct DrillOutcome {
    std::optional<Incident> incident;  // the first that the drill opened, of a right kind if any is
    std::size_t incidents = 0;         // that opened since the drill began; one is right
    bool kind_right = false;
    bool explained = false;  // the first cause is the drill itself
    double delay_seconds = 0;

    [[nodiscard]] bool is_good() const { return kind_right && explained && incidents == 1; }
};

// Of all incidents that are known. `began` is when the fault was begun, by the wall clock.
DrillOutcome judge_drill(const DrillRow& row, std::span<const Incident> incidents,
                         std::int64_t began_unix_ns);

// For people, and for programs.
std::string drill_text(const DrillRow& row, const DrillOutcome& outcome);
std::string drill_json(const DrillRow& row, const DrillOutcome& outcome);

}  // namespace homeostat
