// Report sums up what the incidents of a time were worth: how many, how fast, how right.
#pragma once

#include <span>
#include <string>

#include "agent/incidents/preferences.hpp"
#include "agent/incidents/rule_report.hpp"
#include "core/incident.hpp"

namespace homeostat {

struct ReportFigures {
    std::size_t incidents = 0;
    std::size_t open = 0;
    std::size_t with_cause = 0;
    std::size_t flapping = 0;
    std::size_t acted = 0;       // with an action that ran
    std::size_t would_act = 0;   // with an action that was only planned
    std::size_t effective = 0;   // with an action whose effect was measured
    double detect_seconds = 0;   // median, from the onset to the opening
    double resolve_seconds = 0;  // median, from the onset to the end, of those that are over
};

// Of the incidents that opened at `since_unix_ns` or later.
ReportFigures figures_of(std::span<const Incident> incidents, std::int64_t since_unix_ns);

// For people. `noise` is how often people called an incident noise.
std::string report_text(const ReportFigures& figures, const Preferences& preferences, double days);
std::string report_json(const ReportFigures& figures, const Preferences& preferences, double days,
                        std::span<const RuleFigures> rules = {});

}  // namespace homeostat
