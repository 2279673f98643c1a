// The ceiling: what a bundle may set on this host, whoever has signed it.
//
// Two looks. At the text of the bundle: only keys that the owner has opened, nothing that names a
// file of this host (a token could be sent anywhere that way) and nothing that loosens TLS. And at
// what the whole comes to, once it lies on the owner's own settings: no more series, memory or
// targets, and no shorter tick, than fleet.yml allows.
#pragma once

#include <string>
#include <vector>

#include "agent/config/config.hpp"
#include "agent/fleet/fleet_settings.hpp"

namespace homeostat {

// `file` is for messages. True: nothing was found.
bool check_ceiling(const YamlNode& settings, const std::string& file, const FleetSettings& fleet,
                   std::vector<Error>& errors);

// Errc::Denied names the first limit that is passed. `memory_bytes`: what all of it reserves.
Status check_limits(const Config& config, std::size_t memory_bytes, const FleetLimits& limits);

}  // namespace homeostat
