#include "agent/fleet/fleet_settings.hpp"

#include <algorithm>
#include <array>

#include "actions/bundle.hpp"
#include "actions/trusted_file.hpp"
#include "agent/config/config_reader.hpp"
#include "agent/config/load_scrape.hpp"
#include "agent/uplink/settings.hpp"
#include "core/nearest.hpp"

namespace homeostat {
namespace {

// Every key of homeostat.yml that a bundle may be allowed to set. Not `actions` (whom to ask for
// them is the owner's), and nothing of fleet.yml.
constexpr std::array<std::string_view, 18> kSettable{
    "tick",      "series_max", "certificates", "collectors",        "changes",   "logs",
    "forecast",  "conditions", "noise_budget", "incidents",         "exporters", "scrape_configs",
    "retry_max", "resource",   "warm_start",   "first_send_spread", "metrics",   "spool"};
// Not unless the owner says so: a port, and the files of the spool.
constexpr std::array<std::string_view, 2> kNotByDefault{"metrics", "spool"};

void read_keys(ConfigReader& reader, const ConfigContext& context, std::vector<MinisignKey>& keys) {
    std::vector<std::string> texts;
    reader.texts("keys", texts);
    const YamlNode* node = reader.child("keys");
    if (node == nullptr || !node->is_list()) return;
    if (texts.size() > kFleetKeysMax) {
        context.complain(node->mark, "keys: at most {}, got {}", kFleetKeysMax, texts.size());
        return;
    }
    for (std::size_t i = 0; i < texts.size() && i < node->items.size(); ++i) {
        const auto key = parse_minisign_key(texts[i]);
        if (!key) {
            context.complain(node->items[i].mark, "keys: {}", key.error().text);
        } else if (std::any_of(keys.begin(), keys.end(),
                               [&](const MinisignKey& known) { return known.id == key->id; })) {
            context.complain(node->items[i].mark, "keys: {} is here twice",
                             to_text(key->id).view());
        } else {
            keys.push_back(*key);
        }
    }
}

void read_https(const YamlNode& node, const ConfigContext& context, SecretReader read_secret,
                HttpsSource& https) {
    ConfigReader reader(node, context);
    reader.text("url", https.url);
    reader.duration("interval", https.interval, {seconds(5), hours(24)});
    std::vector<std::pair<std::string, std::string>> headers;
    reader.pairs("headers", headers);
    for (const auto& [name, value] : headers) https.headers.push_back({name, value});
    if (const auto* child = reader.child("authorization")) {
        read_authorization(*child, context, read_secret, https.headers);
    }
    if (const auto* child = reader.child("tls_config")) {
        read_tls(*child, context, read_secret, https.tls);
    }
    reader.finish();
    const auto usable = check_url(https.url);
    if (!usable) context.complain(node.mark, "https: url: {}", usable.error().text);
}

void read_opamp(const YamlNode& node, const ConfigContext& context, SecretReader read_secret,
                OpampSettings& opamp) {
    ConfigReader reader(node, context);
    reader.text("endpoint", opamp.endpoint);
    reader.duration("interval", opamp.interval,
                    {OpampClient::kHeartbeatMin, OpampClient::kHeartbeatMax});
    reader.flag("accept_config", opamp.accept_config);
    reader.flag("accept_connection", opamp.accept_connection);
    reader.flag("accept_own_metrics", opamp.accept_own_metrics);
    std::vector<std::pair<std::string, std::string>> headers;
    reader.pairs("headers", headers);
    for (const auto& [name, value] : headers) opamp.headers.push_back({name, value});
    if (const auto* child = reader.child("authorization")) {
        read_authorization(*child, context, read_secret, opamp.headers);
    }
    if (const auto* child = reader.child("tls_config")) {
        read_tls(*child, context, read_secret, opamp.tls);
    }
    reader.finish();
    const auto usable = check_endpoint(opamp.endpoint);
    if (!usable) context.complain(node.mark, "opamp: endpoint: {}", usable.error().text);
}

void read_limits(const YamlNode& node, const ConfigContext& context, FleetLimits& limits) {
    ConfigReader reader(node, context);
    reader.count("series_max", limits.series_max, {64, 100'000});
    reader.duration("tick", limits.tick, {milliseconds(100), minutes(1)});
    std::size_t mib = limits.memory_bytes >> 20U;
    reader.count("memory_mib", mib, {1, 4096});
    limits.memory_bytes = mib << 20U;
    reader.count("exporters_max", limits.exporters_max, {0, 1000});
    reader.finish();
}

void read_may_set(ConfigReader& reader, const ConfigContext& context,
                  std::vector<std::string>& keys) {
    const YamlNode* node = reader.child("may_set");
    if (node == nullptr) {
        for (const std::string_view key : kSettable) {
            const bool held =
                std::find(kNotByDefault.begin(), kNotByDefault.end(), key) != kNotByDefault.end();
            if (!held) keys.emplace_back(key);
        }
        return;
    }
    reader.texts("may_set", keys);
    for (const std::string& key : keys) {
        if (std::find(kSettable.begin(), kSettable.end(), key) != kSettable.end()) continue;
        context.complain(node->mark, "may_set: '{}' is nothing that a bundle can be allowed{}", key,
                         did_you_mean(key, kSettable));
    }
}

}  // namespace

std::span<const std::string_view> settable_keys() {
    return kSettable;
}

Result<FleetSettings> parse_fleet_settings(const std::string& file, std::string_view text,
                                           const std::string& directory, SecretReader read_secret,
                                           std::vector<Error>& errors) {
    const std::size_t before = errors.size();
    const auto document = parse_yaml(text, file);
    if (!document) {
        errors.push_back(document.error());
        return document.error();
    }
    const ConfigContext context{file, errors};
    ConfigReader reader(*document, context);
    FleetSettings settings;
    settings.directory = directory + "/bundles";
    reader.text("channel", settings.channel);
    if (settings.channel.empty() || settings.channel.size() > kChannelBytesMax) {
        context.complain(document->mark, "channel: which bundles does this host follow?");
    }
    read_keys(reader, context, settings.keys);
    reader.pairs("labels", settings.labels);
    reader.text("directory", settings.directory);
    if (const auto* child = reader.child("https")) {
        read_https(*child, context, read_secret, settings.https);
    }
    if (const auto* child = reader.child("opamp")) {
        read_opamp(*child, context, read_secret, settings.opamp);
    }
    read_may_set(reader, context, settings.may_set);
    if (const auto* child = reader.child("limits")) read_limits(*child, context, settings.limits);
    reader.finish();
    if (errors.size() != before) return errors[before];
    return settings;
}

Result<std::optional<FleetSettings>> load_fleet_settings(const std::string& directory,
                                                         SecretReader read_secret,
                                                         std::vector<Error>& errors) {
    const std::string path = directory + "/" + kFleetFile;
    const auto text = read_trusted_file(path, kConfigBytesMax);
    if (!text) {
        if (text.error().code == Errc::NotFound) return std::optional<FleetSettings>();
        errors.push_back(text.error());
        return text.error();
    }
    auto settings = parse_fleet_settings(path, *text, directory, read_secret, errors);
    if (!settings) return settings.error();
    return std::optional<FleetSettings>(std::move(*settings));
}

}  // namespace homeostat
