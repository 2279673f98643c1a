#include "agent/config/load_config.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <filesystem>

#include "agent/config/config_reader.hpp"
#include "agent/config/default_settings.hpp"
#include "agent/config/load_conditions.hpp"
#include "agent/config/load_exporters.hpp"
#include "agent/config/load_scrape.hpp"
#include "agent/uplink/spool_class.hpp"
#include "collectors/registry.hpp"
#include "core/file.hpp"
#include "core/nearest.hpp"

namespace homeostat {
namespace {

// One segment of a ring is 256 KiB; the format has room for 999 of them.
constexpr std::size_t kSegmentsPerMib = 4;
constexpr std::size_t kClassMibMax = 249;
constexpr const char* kMetricsListen = "127.0.0.1:9109";

// Calls take(item) for every text in the list of that key, which texts() has read.
void each_text(ConfigReader& reader, std::string_view key,
               FunctionRef<void(const YamlNode&)> take) {
    const YamlNode* list = reader.child(key);
    if (list == nullptr) return;
    for (const YamlNode& item : list->items) {
        if (item.is_scalar() && !item.is_null()) take(item);
    }
}

void read_collectors(const YamlNode& node, const ConfigContext& context, Config& config) {
    ConfigReader reader(node, context);
    std::vector<std::string> off;
    reader.texts("disable", off);
    reader.finish();
    std::vector<std::string_view> names;
    for (const CollectorRow& row : collector_rows()) names.push_back(row.name);
    each_text(reader, "disable", [&](const YamlNode& item) {
        if (find_collector(item.text) == nullptr) {
            context.complain(item.mark, "disable: there is no collector '{}'{}", item.text,
                             did_you_mean(item.text, names));
        }
    });
    config.collectors_off = std::move(off);
}

void read_forecast(const YamlNode& node, const ConfigContext& context, DetectorSettings& detect) {
    ConfigReader reader(node, context);
    reader.duration("horizon", detect.forecast_horizon, {minutes(1), hours(24 * 90)});
    reader.number("used_min", detect.forecast_used_min, {0, 1});
    reader.finish();
}

// `noise_budget: 1 per week`
void read_noise_budget(const YamlNode& node, const ConfigContext& context,
                       DetectorSettings& detect) {
    const auto rate = parse_noise_budget(node.is_scalar() ? node.text : std::string_view{});
    if (!rate) {
        context.complain(node.mark, "noise_budget: {}", rate.error().text);
        return;
    }
    detect.noise_per_second = *rate;
}

void read_incidents(const YamlNode& node, const ConfigContext& context,
                    IncidentSettings& incidents) {
    ConfigReader reader(node, context);
    reader.duration("calm_for", incidents.calm_for, {seconds(1), hours(24)});
    reader.duration("update_interval", incidents.update_interval, {seconds(1), hours(24)});
    reader.count("open_max", incidents.incidents_max, {1, 256});
    reader.number("cause_confidence_min", incidents.cause_confidence_min, {0, 1});
    reader.finish();
}

void read_actions(const YamlNode& node, const ConfigContext& context, ActionSettings& actions) {
    ConfigReader reader(node, context);
    reader.text("socket", actions.socket);
    reader.duration("timeout", actions.timeout, {seconds(1), hours(2)});
    reader.duration("grace_after_start", actions.grace_after_start, {Duration{}, hours(24)});
    reader.finish();
}

void read_spool(const YamlNode& node, const ConfigContext& context, SpoolSettings& spool) {
    static constexpr std::array<const char*, kSpoolClasses> kKeys{"critical_mib", "incident_mib",
                                                                  "info_mib"};
    ConfigReader reader(node, context);
    for (std::size_t i = 0; i < kSpoolClasses; ++i) {
        std::size_t mib = spool.segments[i] / kSegmentsPerMib;
        reader.count(kKeys[i], mib, {1, kClassMibMax});
        spool.segments[i] = static_cast<std::uint16_t>(mib * kSegmentsPerMib);
    }
    std::size_t memory_kib = spool.memory_bytes / 1024;
    reader.count("memory_kib", memory_kib, {64, 16 * 1024});
    spool.memory_bytes = static_cast<std::uint32_t>(memory_kib * 1024);
    reader.finish();
    const auto usable = check_settings(spool);
    if (!usable) context.complain(node.mark, "{}", usable.error().text);
}

// `metrics: {}` is enough: it listens where such a page is expected.
void read_metrics(const YamlNode& node, const ConfigContext& context, MetricsSettings& metrics) {
    ConfigReader reader(node, context);
    std::string listen = kMetricsListen;
    reader.text("listen", listen);
    reader.finish();
    const auto address = parse_metrics_address(listen);
    const YamlNode* value = reader.child("listen");
    if (!address) {
        context.complain(value == nullptr ? node.mark : value->mark, "listen: {}",
                         address.error().text);
        return;
    }
    metrics.listen = *address;
    metrics.enabled = true;
}

// Absolute paths without "..": they are opened below the root directory.
void read_paths(ConfigReader& reader, const ConfigContext& context, std::string_view key,
                std::vector<std::string>& paths) {
    constexpr std::size_t kPathsMax = 32;
    reader.texts(key, paths);
    each_text(reader, key, [&](const YamlNode& item) {
        if (!item.text.starts_with('/') || item.text.find("..") != std::string::npos) {
            context.complain(item.mark, "{}: expected an absolute path without '..', got '{}'", key,
                             item.text);
        }
    });
    const YamlNode* list = reader.child(key);
    if (list != nullptr && paths.size() > kPathsMax) {
        context.complain(list->mark, "{}: at most {}, got {}", key, kPathsMax, paths.size());
    }
}

void read_changes(const YamlNode& node, const ConfigContext& context, Config& config) {
    ConfigReader reader(node, context);
    if (reader.has("paths")) config.watched_paths.clear();
    read_paths(reader, context, "paths", config.watched_paths);
    reader.finish();
}

void read_logs(const YamlNode& node, const ConfigContext& context, Config& config) {
    ConfigReader reader(node, context);
    read_paths(reader, context, "files", config.log_files);
    reader.finish();
}

void read_top(const YamlNode& node, const ConfigContext& context, SecretReader read_secret,
              ConditionsLoader& conditions, Config& config) {
    ConfigReader reader(node, context);
    reader.duration("tick", config.tick, {milliseconds(100), minutes(1)});
    reader.count("series_max", config.series_max, {64, 100'000});
    reader.number("cpu_budget", config.cpu_budget, {0.001, 1.0});
    reader.texts("certificates", config.certificates);
    if (const auto* child = reader.child("collectors")) read_collectors(*child, context, config);
    if (const auto* child = reader.child("scrape_configs")) {
        read_scrape_configs(*child, context, read_secret, config.exporters);
    }
    if (const auto* child = reader.child("changes")) read_changes(*child, context, config);
    if (const auto* child = reader.child("logs")) read_logs(*child, context, config);
    if (const auto* child = reader.child("warm_start")) {
        read_warm_start(*child, context, read_secret, config.warm_start);
    }
    if (const auto* child = reader.child("conditions")) conditions.read(*child, context);
    if (const auto* child = reader.child("forecast")) {
        read_forecast(*child, context, config.detect);
    }
    if (const auto* child = reader.child("noise_budget")) {
        read_noise_budget(*child, context, config.detect);
    }
    if (const auto* child = reader.child("incidents")) {
        read_incidents(*child, context, config.incidents);
    }
    if (const auto* child = reader.child("actions")) read_actions(*child, context, config.actions);
    if (const auto* child = reader.child("exporters")) {
        read_exporters(*child, context, read_secret, config.ship);
    }
    if (const auto* child = reader.child("metrics")) {
        read_metrics(*child, context, config.metrics);
    }
    if (const auto* child = reader.child("spool")) read_spool(*child, context, config.spool);
    reader.duration("first_send_spread", config.ship.first_send_spread, {Duration{}, hours(1)});
    reader.duration("retry_max", config.ship.retry_max, {seconds(1), hours(1)});
    static constexpr std::array<std::string_view, 2> kHostIds{"machine", "cloud"};
    std::size_t host_id = config.ship.identity.cloud_id ? 1 : 0;
    reader.choice("host_id", host_id, kHostIds);
    config.ship.identity.cloud_id = host_id == 1;
    std::vector<std::pair<std::string, std::string>> resource;
    reader.pairs("resource", resource);
    for (auto& [name, value] : resource) config.ship.identity.resource.push_back({name, value});
    reader.finish();
}

// A pipe or a directory in its place reads as nothing, and a file by a name that we do not read
// looks as if it were in force.
Status check_plain(const std::string& directory, const std::string& path) {
    std::error_code ignored;
    const auto type = std::filesystem::status(path, ignored).type();
    using Type = std::filesystem::file_type;
    if (type == Type::not_found &&
        std::filesystem::exists(directory + "/homeostat.yaml", ignored)) {
        return make_error(Errc::Invalid, "{}/homeostat.yaml is not read: call it {}", directory,
                          kConfigFile);
    }
    if (type == Type::not_found || type == Type::none || type == Type::regular) return Ok{};
    return make_error(Errc::Invalid, "{} is not a plain file", path);
}

}  // namespace

namespace {

// The names in a directory of drop-ins, sorted. A directory that is missing is none.
std::vector<std::string> drop_ins(const std::string& directory, std::vector<Error>& errors) {
    std::vector<std::string> names;
    const auto root = DirectoryRoot::open(directory.c_str());
    if (!root) {
        if (root.error().code != Errc::NotFound) errors.push_back(root.error());
        return names;
    }
    const auto listed = root->list(".", [&names](std::string_view name) {
        if (name.ends_with(".yml") && !name.starts_with(".")) names.emplace_back(name);
        return true;
    });
    if (!listed) errors.push_back(listed.error());
    std::sort(names.begin(), names.end());
    return names;
}

Result<YamlNode> read_tree(const std::string& path) {
    const auto text = read_file(path, kConfigBytesMax);
    if (!text) return text.error();
    return parse_yaml(*text, path, YamlLimits{.size_max = kConfigBytesMax});
}

// A root that is no mapping would take the place of all that lies below it.
void add_file(Settings& settings, const std::string& path, YamlNode tree,
              std::vector<Error>& errors) {
    if (!tree.is_null() && !tree.is_map()) {
        errors.push_back(
            yaml_error(path, tree.mark, "expected keys and values, got {}", shown(tree)));
        return;
    }
    add_layer(settings, path, std::move(tree));
}

Settings default_settings() {
    Settings settings;
    const auto added =
        add_layer(settings, kDefaultLayer, std::string_view(kDefaultSettings), kConfigBytesMax);
    assert(added.has_value());
    (void)added;
    return settings;
}

}  // namespace

std::vector<std::string> readable_secrets(const Settings& settings) {
    std::vector<std::string> warnings;
    std::vector<std::size_t> told;
    for (const PlainSecret& secret : plain_secrets(settings.tree)) {
        const auto source = static_cast<std::size_t>(secret.mark.source);
        if (source >= settings.files.size()) continue;
        const std::string& file = settings.files[source];
        const bool again = std::find(told.begin(), told.end(), source) != told.end();
        if (again || !is_readable_by_all(file)) continue;
        told.push_back(source);
        warnings.push_back(
            fmt::format("{}:{}:{}: '{}' is a secret in a file that everyone can read: name a file "
                        "that holds it (docs/configure.md), or chgrp homeostat {}; chmod 640 {}",
                        file, secret.mark.line, secret.mark.column, secret.key, file, file));
    }
    return warnings;
}

Result<Settings> load_settings(const std::string& directory, std::vector<Error>& errors) {
    const std::size_t before = errors.size();
    Settings settings = default_settings();
    const std::string path = directory + "/" + kConfigFile;
    if (const auto plain = check_plain(directory, path); !plain) errors.push_back(plain.error());
    if (errors.size() != before) return errors[before];
    auto tree = read_tree(path);
    if (tree) {
        add_file(settings, path, std::move(*tree), errors);
    } else if (tree.error().code != Errc::NotFound) {
        errors.push_back(tree.error());
    }
    const std::string parts = directory + "/" + kDropInDirectory;
    for (const std::string& name : drop_ins(parts, errors)) {
        auto part = read_tree(parts + "/" + name);
        if (part) {
            add_file(settings, parts + "/" + name, std::move(*part), errors);
        } else {
            errors.push_back(part.error());
        }
    }
    const std::string catalogue = directory + "/" + kCatalogueDirectory;
    for (const std::string& name : drop_ins(catalogue, errors)) {
        auto part = read_tree(catalogue + "/" + name);
        if (part) {
            add_conditions(settings, catalogue + "/" + name, std::move(*part), errors);
        } else {
            errors.push_back(part.error());
        }
    }
    if (errors.size() != before) return errors[before];
    return settings;
}

Result<Config> read_settings(const Settings& settings, SecretReader read_secret,
                             std::vector<Error>& errors) {
    Config config;
    ConditionsLoader conditions(config);
    const std::size_t before = errors.size();
    const ConfigContext context{settings.files.empty() ? kDefaultLayer : settings.files.back(),
                                errors, settings.files};
    read_top(settings.tree, context, read_secret, conditions, config);
    if (errors.size() != before) return errors[before];
    return config;
}

Result<Config> read_settings(const Settings& settings, std::optional<std::string> credentials,
                             std::vector<Error>& errors) {
    SecretStore secrets(std::move(credentials));
    std::vector<std::string> warnings = readable_secrets(settings);
    const auto read_secret = [&secrets](const std::string& name, SecretKind kind) {
        return secrets.read(name, kind);
    };
    auto config = read_settings(settings, read_secret, errors);
    if (!config) return config;
    warnings.insert(warnings.end(), secrets.warnings().begin(), secrets.warnings().end());
    config->warnings = std::move(warnings);
    for (const std::string& file : settings.files) {
        if (file != kDefaultLayer) config->files.push_back(file);
    }
    config->files.insert(config->files.end(), secrets.files().begin(), secrets.files().end());
    return config;
}

Result<Config> parse_config(const std::string& file, std::string_view text,
                            SecretReader read_secret, std::vector<Error>& errors) {
    Settings settings;
    if (const auto added = add_layer(settings, file, text, kConfigBytesMax); !added) {
        errors.push_back(added.error());
        return added.error();
    }
    return read_settings(settings, read_secret, errors);
}

Result<Config> load_config(const std::string& directory, std::vector<Error>& errors,
                           std::optional<std::string> credentials) {
    const auto settings = load_settings(directory, errors);
    if (!settings) return settings.error();
    return read_settings(*settings, std::move(credentials), errors);
}

}  // namespace homeostat
