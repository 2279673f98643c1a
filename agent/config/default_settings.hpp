// The lowest layer of the settings: what holds when nobody has written anything.
//
// Config's own members begin with the same values (agent/config/config.hpp); a test holds the two
// together. What is absent here is off: exporters, metrics, warm_start.
#pragma once

namespace homeostat {

inline constexpr const char* kDefaultLayer = "default";

inline constexpr const char* kDefaultSettings = R"(tick: 1s
series_max: 2000
cpu_budget: 0.01
certificates: []
collectors: {disable: []}
changes: {paths: [/etc, /usr/local/bin, /usr/local/sbin]}
logs: {files: []}
scrape_configs: []
forecast: {horizon: 1d, used_min: 0.1}
noise_budget: 1 per week
incidents: {calm_for: 20s, update_interval: 1m, open_max: 32, cause_confidence_min: 0.5}
actions: {socket: /run/homeostat/actuator.sock, timeout: 10m, grace_after_start: 5m}
first_send_spread: 30s
retry_max: 5m
spool: {critical_mib: 4, incident_mib: 8, info_mib: 4, memory_kib: 256}
host_id: machine
resource: {}
)";

}  // namespace homeostat
