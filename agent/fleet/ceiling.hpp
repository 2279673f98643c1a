// The ceiling: what a bundle may set on this host, whoever has signed it.
//
// Three looks. At the text of the bundle: only keys that the owner has opened, nothing that names a
// file of this host (a token could be sent anywhere that way) and nothing that loosens TLS. At
// where things are sent, once it lies on the owner's own settings: layers are joined key by key, so
// an address of the bundle could end up beside a token of the owner. And at what the whole comes
// to: no more series, memory or targets, and no shorter tick, than fleet.yml allows.
#pragma once

#include <string>
#include <vector>

#include "agent/config/config.hpp"
#include "agent/config/layers.hpp"
#include "agent/fleet/fleet_settings.hpp"

namespace homeostat {

// `file` is for messages. True: nothing was found.
bool check_ceiling(const YamlNode& settings, const std::string& file, const FleetSettings& fleet,
                   std::vector<Error>& errors);

// The same look for who makes a bundle: what no host takes, whatever its fleet.yml opens.
bool check_settable(const YamlNode& settings, const std::string& file, std::vector<Error>& errors);

// `owners`: the host's settings without the bundle; `whole`: with it, as the last of its files. An
// address that the bundle sets takes nothing of the owner's along (credentials, headers, TLS), and
// does not lead from https to http: of the same exporter, of warm_start, or of a scrape config with
// that job_name or target. True: nothing was found. Errors say the key, and where both values
// stand.
bool check_addresses(const Settings& owners, const Settings& whole, std::vector<Error>& errors);

// Errc::Denied names the first limit that is passed. `memory_bytes`: what all of it reserves.
Status check_limits(const Config& config, std::size_t memory_bytes, const FleetLimits& limits);

}  // namespace homeostat
