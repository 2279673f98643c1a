// The collectors that there are: `homeostat check`, the manual and the agent read this one table.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

struct CollectorRow {
    std::string_view name;                                 // the word in the config
    std::string_view summary;                              // one line for people
    Duration interval;                                     // default; never below one second
    std::span<const Metric> metrics;                       // everything it may report
    std::unique_ptr<Collector> (*make)(Workbench& bench);  // `bench` outlives the collector
    // Its source is hardware or software that most machines lack: shown by fixtures.
    bool is_special = false;
};

// In the order in which they run.
std::span<const CollectorRow> collector_rows();

// Nothing when there is no such collector.
const CollectorRow* find_collector(std::string_view name);

}  // namespace homeostat
