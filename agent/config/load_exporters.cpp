#include "agent/config/load_exporters.hpp"

#include <array>

#include "agent/config/config_reader.hpp"
#include "agent/config/load_scrape.hpp"

namespace homeostat {
namespace {

constexpr ConfigRange<Duration> kTimeouts{milliseconds(100), minutes(2)};

std::vector<NameValue> name_values(ConfigReader& reader, std::string_view key) {
    std::vector<std::pair<std::string, std::string>> pairs;
    reader.pairs(key, pairs);
    std::vector<NameValue> out;
    for (auto& [name, value] : pairs) out.push_back({name, value});
    return out;
}

void read_headers(ConfigReader& reader, std::vector<HttpHeader>& headers) {
    std::vector<std::pair<std::string, std::string>> pairs;
    reader.pairs("headers", pairs);
    for (auto& [name, value] : pairs) headers.push_back({name, value});
}

// What every HTTP destination has.
template <typename Settings>
void read_http(ConfigReader& reader, const ConfigContext& context, SecretReader read_secret,
               Settings& settings) {
    reader.text("name", settings.name);
    reader.duration("connect_timeout", settings.connect_timeout, kTimeouts);
    reader.duration("timeout", settings.timeout, kTimeouts);
    read_headers(reader, settings.headers);
    if (const auto* child = reader.child("authorization")) {
        read_authorization(*child, context, read_secret, settings.headers);
    }
    if (const auto* child = reader.child("tls_config")) read_tls(*child, context, settings.tls);
}

void read_severity(ConfigReader& reader, Severity& severity) {
    static constexpr std::array<std::string_view, 4> kNames{"info", "warning", "error", "critical"};
    auto place = static_cast<std::size_t>(severity);
    reader.choice("severity_min", place, kNames);
    severity = static_cast<Severity>(place);
}

OtlpSettings read_otlp(const YamlNode& node, const ConfigContext& context,
                       SecretReader read_secret) {
    static constexpr std::array<std::string_view, 3> kCompressions{"none", "gzip", "zstd"};
    OtlpSettings settings;
    ConfigReader reader(node, context);
    reader.text("endpoint", settings.endpoint);
    auto compression = static_cast<std::size_t>(settings.compression);
    reader.choice("compression", compression, kCompressions);
    settings.compression = static_cast<Compression>(compression);
    read_http(reader, context, read_secret, settings);
    reader.finish();
    return settings;
}

AlertmanagerSettings read_alertmanager(const YamlNode& node, const ConfigContext& context,
                                       SecretReader read_secret) {
    AlertmanagerSettings settings;
    ConfigReader reader(node, context);
    reader.texts("urls", settings.urls);
    settings.labels = name_values(reader, "labels");
    reader.duration("resend", settings.resend, {seconds(5), hours(1)});
    reader.text("generator_url", settings.generator_url);
    read_severity(reader, settings.severity_min);
    read_http(reader, context, read_secret, settings);
    reader.finish();
    return settings;
}

JsonLinesSettings read_json_lines(const YamlNode& node, const ConfigContext& context,
                                  SecretReader) {
    JsonLinesSettings settings;
    ConfigReader reader(node, context);
    reader.text("name", settings.name);
    reader.text("path", settings.path);
    reader.finish();
    return settings;
}

JournaldSettings read_journald(const YamlNode& node, const ConfigContext& context, SecretReader) {
    JournaldSettings settings;
    ConfigReader reader(node, context);
    reader.text("name", settings.name);
    reader.text("socket", settings.socket);
    reader.finish();
    return settings;
}

std::string read_secret_of(ConfigReader& reader, const ConfigContext& context,
                           SecretReader read_secret) {
    std::string value;
    std::string path;
    reader.text("secret", value);
    reader.text("secret_file", path);
    if (path.empty()) return value;
    const auto content = read_secret(path);
    if (content) return *content;
    context.complain(reader.mark(), "secret_file: {}", content.error().text);
    return {};
}

WebhookSettings read_webhook(const YamlNode& node, const ConfigContext& context,
                             SecretReader read_secret) {
    static constexpr std::array<std::string_view, 3> kKinds{"generic", "pagerduty", "slack"};
    WebhookSettings settings;
    ConfigReader reader(node, context);
    std::size_t kind = 0;
    reader.choice("kind", kind, kKinds);
    settings.kind = static_cast<WebhookKind>(kind);
    reader.text("url", settings.url);
    settings.secret = read_secret_of(reader, context, read_secret);
    read_severity(reader, settings.severity_min);
    read_http(reader, context, read_secret, settings);
    reader.finish();
    return settings;
}

// One mapping, or a list of them.
template <typename Settings, typename Read>
void read_all(ConfigReader& reader, const char* key, const ConfigContext& context,
              SecretReader read_secret, std::vector<Settings>& out, Read read) {
    const YamlNode* node = reader.child(key);
    if (node == nullptr) return;
    if (!node->is_list()) {
        out.push_back(read(*node, context, read_secret));
        return;
    }
    for (const YamlNode& item : node->items) out.push_back(read(item, context, read_secret));
}

}  // namespace

void read_exporters(const YamlNode& node, const ConfigContext& context, SecretReader read_secret,
                    ShipSettings& ship) {
    ConfigReader reader(node, context);
    read_all(reader, "otlp", context, read_secret, ship.otlp, read_otlp);
    read_all(reader, "alertmanager", context, read_secret, ship.alertmanagers, read_alertmanager);
    read_all(reader, "json_lines", context, read_secret, ship.json_lines, read_json_lines);
    read_all(reader, "journald", context, read_secret, ship.journald, read_journald);
    read_all(reader, "webhook", context, read_secret, ship.webhooks, read_webhook);
    reader.finish();
}

}  // namespace homeostat
