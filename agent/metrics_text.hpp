// MetricsText writes what the agent knows of itself in Prometheus' text format 0.0.4, or in
// OpenMetrics 1.0.
//
// Fewer than 500 series: no label holds a pid, an incident's id, a path or an error's text. What is
// known from the start is exported from the start, as 0; kinds of incidents, of which there are too
// many, from when they are met (docs/decisions/0019-metrics-below-500-series.md).
#pragma once

#include <string>
#include <vector>

#include "agent/incident_tally.hpp"
#include "agent/process_usage.hpp"
#include "agent/status_file.hpp"
#include "agent/uplink/destination.hpp"
#include "agent/uplink/spool.hpp"

namespace homeostat {

// What the courier's thread hands out, as a copy.
struct CourierSnapshot {
    std::vector<DestinationStatus> destinations;
    SpoolStatus spool;
    StoreStatus store;
    IncidentTally incidents;
};

CourierSnapshot snapshot_of(const Courier& courier);

struct MetricsView {
    const AgentFacts& facts;
    const AgentStatus& status;
    const CourierSnapshot& courier;
    const ProcessUsage& process;
};

inline constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr const char* kOpenMetricsType =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

std::string metrics_text(const MetricsView& view, bool openmetrics);

}  // namespace homeostat
