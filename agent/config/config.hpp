// Config is everything the owner of a node may set, as plain structs with the shipped defaults.
//
// Three steps, three files: YAML text -> Config (load_config.cpp: an unknown key is an error with
// its line) -> objects (agent/agent.cpp: names resolved, memory added up). `homeostat check` stops
// after the third.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "actions/actuator_client.hpp"
#include "actions/decider.hpp"
#include "agent/incidents/incident_engine.hpp"
#include "agent/metrics_address.hpp"
#include "agent/uplink/settings.hpp"
#include "agent/warm_start.hpp"
#include "collectors/collector_set.hpp"
#include "collectors/exporter.hpp"
#include "core/result.hpp"
#include "detectors/detectors.hpp"

namespace homeostat {

inline constexpr const char* kConfigDirectory = "/etc/homeostat";
inline constexpr const char* kStateDirectory = "/var/lib/homeostat";
inline constexpr const char* kLogDirectory = "/var/log/homeostat";

struct ActionSettings {
    std::string socket = kActuatorSocket;
    Duration timeout = minutes(10);  // for one action, whatever its playbook does
    Duration grace_after_start = kGraceAfterStart;
};

struct MetricsSettings {
    MetricsAddress listen;
    bool enabled = false;
};

// Which configuration this is.
struct ConfigOrigin {
    std::string hash;             // 16 hex digits, of all settings, rules and the allow-list
    std::string layer = "local";  // the uppermost: "bundle" when the fleet's is in force
};

struct Config {
    ConfigOrigin origin;
    Duration tick = seconds(1);
    std::size_t series_max = 2000;
    double cpu_budget = CollectorSet::kBudget;  // of one core, for collecting
    std::vector<std::string> collectors_off;
    std::vector<std::string> certificates;  // files whose end is watched
    WarmStartSettings warm_start;
    std::vector<ExporterSettings> exporters;  // scrape_configs, one for each target
    std::vector<std::string> watched_paths{"/etc", "/usr/local/bin", "/usr/local/sbin"};
    std::vector<std::string> log_files;  // followed beside the journal
    DetectorSettings detect;
    IncidentSettings incidents;
    ActionSettings actions;
    SpoolSettings spool;
    ShipSettings ship;
    MetricsSettings metrics;
    std::vector<std::string> warnings;  // what works and should be mended all the same
    std::vector<std::string> files;     // that it was read from; a default is none
    // What the names of the owner's conditions point into: shared by copies, never shrinks.
    std::shared_ptr<std::deque<std::string>> texts = std::make_shared<std::deque<std::string>>();
};

}  // namespace homeostat
