// Reads `exporters`: where incidents are sent.
#pragma once

#include "actions/playbook/yaml_document.hpp"
#include "agent/config/load_config.hpp"
#include "agent/uplink/settings.hpp"

namespace homeostat {

struct ConfigContext;

// Keys otlp, alertmanager, json_lines, journald, webhook; each a mapping or a list of them.
void read_exporters(const YamlNode& node, const ConfigContext& context, SecretReader read_secret,
                    ShipSettings& ship);

}  // namespace homeostat
