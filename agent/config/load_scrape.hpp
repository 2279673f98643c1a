// Reads `scrape_configs`, in Prometheus' own syntax, into exporters to scrape.
#pragma once

#include <vector>

#include "actions/playbook/yaml_document.hpp"
#include "agent/config/load_config.hpp"
#include "agent/warm_start.hpp"
#include "collectors/exporter.hpp"

namespace homeostat {

class ConfigReader;
struct ConfigContext;

// One ExporterSettings for each target: job_name, static_configs, scrape_interval, scrape_timeout,
// metrics_path, params, scheme, basic_auth, authorization, tls_config, the limits of
// exporter_limits.hpp, body_size_limit and metric_relabel_configs with keep and drop.
void read_scrape_configs(const YamlNode& node, const ConfigContext& context,
                         SecretReader read_secret, std::vector<ExporterSettings>& exporters);

// `warm_start`: url, selector, span, basic_auth or authorization, headers, header_files,
// tls_config.
void read_warm_start(const YamlNode& node, const ConfigContext& context, SecretReader read_secret,
                     WarmStartSettings& warm_start);

// Parts that exporters of incidents have in common with them.

// KEY, or the content of what KEY_file names (agent/config/secret_store.hpp); empty when there is
// neither, or when only the service can read it.
std::string read_secret_key(ConfigReader& reader, const ConfigContext& context, const char* key,
                            const char* file_key, SecretReader read_secret);
void read_tls(const YamlNode& node, const ConfigContext& context, SecretReader read_secret,
              HttpTls& tls);
void read_authorization(const YamlNode& node, const ConfigContext& context,
                        SecretReader read_secret, std::vector<HttpHeader>& headers);
// `headers`, and `header_files` whose contents are the values.
void read_headers(ConfigReader& reader, const ConfigContext& context, SecretReader read_secret,
                  std::vector<HttpHeader>& headers);

}  // namespace homeostat
