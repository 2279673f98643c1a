// FleetSettings is what the owner of this host says about the fleet: whom it believes, where it
// looks, and how far the fleet's settings may go. One file, DIR/fleet.yml, that belongs to root and
// that no bundle can change; without it nothing is ever taken from anybody.
//
//     channel: prod
//     keys: [RWRJXHrU...]             # whose bundles may change settings, 8 at most
//     labels: {role: web}             # for the selectors of bundles
//     directory: /etc/homeostat/bundles
//     https: {url: 'https://fleet/web.signed.yml', interval: 5m}
//     opamp: {endpoint: 'https://opamp:4320/v1/opamp', interval: 30s}
//     may_set: [series_max, conditions, exporters]
//     limits: {series_max: 4000, tick: 500ms, memory_mib: 48}
//
// Who may bring rules, playbooks and approvals is said in allow.yml, by other keys
// (actions/allow_list.hpp). docs/fleet.md is the manual.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/minisign.hpp"
#include "agent/config/load_config.hpp"
#include "agent/fleet/opamp_client.hpp"
#include "core/fetcher.hpp"
#include "core/result.hpp"

namespace homeostat {

inline constexpr const char* kFleetFile = "fleet.yml";
inline constexpr std::size_t kFleetKeysMax = 8;

// The keys of homeostat.yml that the owner of a host can let a bundle set; of all others no owner
// can.
std::span<const std::string_view> settable_keys();

struct HttpsSource {
    std::string url;  // empty: off
    Duration interval = minutes(5);
    std::vector<HttpHeader> headers;
    HttpTls tls;
};

// What no bundle can go beyond.
struct FleetLimits {
    std::size_t series_max = 10'000;
    Duration tick = milliseconds(500);       // no shorter
    std::size_t memory_bytes = 64UL << 20U;  // reserved by the configuration as a whole
    std::size_t exporters_max = 32;          // targets to scrape
};

struct FleetSettings {
    std::string channel;
    std::vector<MinisignKey> keys;
    std::vector<std::pair<std::string, std::string>> labels;
    std::string directory;
    HttpsSource https;
    OpampSettings opamp;
    std::vector<std::string> may_set;  // top-level keys of the settings
    FleetLimits limits;
};

// Nothing when there is no such file. `read_secret` is for header_files and the like. Every fault
// is in `errors`, the first one is the result.
Result<std::optional<FleetSettings>> load_fleet_settings(const std::string& directory,
                                                         SecretReader read_secret,
                                                         std::vector<Error>& errors);

// The same from text. `directory` is where the default of `directory:` lies.
Result<FleetSettings> parse_fleet_settings(const std::string& file, std::string_view text,
                                           const std::string& directory, SecretReader read_secret,
                                           std::vector<Error>& errors);

}  // namespace homeostat
