#include "agent/config/load_exporters.hpp"

#include <array>
#include <map>

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

void check_url_at(YamlMark mark, const ConfigContext& context, std::string_view key,
                  const std::string& url) {
    const auto usable = check_url(url);
    if (!usable) context.complain(mark, "{}: {}", key, usable.error().text);
}

void read_url(ConfigReader& reader, const ConfigContext& context, std::string_view key,
              std::string& url) {
    reader.text(key, url);
    const YamlNode* node = reader.child(key);
    if (node != nullptr && node->is_scalar()) check_url_at(node->mark, context, key, node->text);
}

// `url`, or the content of `url_file`, which no message shows.
void read_secret_url(ConfigReader& reader, const ConfigContext& context, SecretReader read_secret,
                     std::string& url) {
    url = read_secret_key(reader, context, "url", "url_file", read_secret);
    if (url.empty()) return;
    if (const YamlNode* file = reader.child("url_file")) {
        if (check_url(url)) return;
        context.complain(file->mark, "url_file: {} holds no URL such as https://host/path",
                         file->text);
    } else {
        check_url_at(reader.child("url")->mark, context, "url", url);
    }
}

void read_urls(ConfigReader& reader, const ConfigContext& context, std::vector<std::string>& urls) {
    reader.texts("urls", urls);
    const YamlNode* node = reader.child("urls");
    if (node == nullptr) return;
    for (const YamlNode& item : node->items) check_url_at(item.mark, context, "urls", item.text);
}

void read_count(ConfigReader& reader, std::string_view key, std::uint32_t& out) {
    constexpr std::size_t kMessagesMax = 1000;
    std::size_t count = out;
    reader.count(key, count, {1, kMessagesMax});
    out = static_cast<std::uint32_t>(count);
}

// What every HTTP destination has.
template <typename Settings>
void read_http(ConfigReader& reader, const ConfigContext& context, SecretReader read_secret,
               Settings& settings) {
    reader.text("name", settings.name);
    reader.duration("connect_timeout", settings.connect_timeout, kTimeouts);
    reader.duration("timeout", settings.timeout, kTimeouts);
    read_headers(reader, context, read_secret, settings.headers);
    if (const auto* child = reader.child("authorization")) {
        read_authorization(*child, context, read_secret, settings.headers);
    }
    if (const auto* child = reader.child("tls_config")) {
        read_tls(*child, context, read_secret, settings.tls);
    }
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
    read_url(reader, context, "endpoint", settings.endpoint);
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
    read_urls(reader, context, settings.urls);
    settings.labels = name_values(reader, "labels");
    reader.duration("resend", settings.resend, {seconds(5), hours(1)});
    read_url(reader, context, "generator_url", settings.generator_url);
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

WebhookSettings read_webhook(const YamlNode& node, const ConfigContext& context,
                             SecretReader read_secret) {
    static constexpr std::array<std::string_view, 3> kKinds{"generic", "pagerduty", "slack"};
    WebhookSettings settings;
    ConfigReader reader(node, context);
    std::size_t kind = 0;
    reader.choice("kind", kind, kKinds);
    settings.kind = static_cast<WebhookKind>(kind);
    read_secret_url(reader, context, read_secret, settings.url);
    settings.secret = read_secret_key(reader, context, "secret", "secret_file", read_secret);
    settings.secret_previous =
        read_secret_key(reader, context, "secret_previous", "secret_previous_file", read_secret);
    read_count(reader, "per_minute", settings.per_minute);
    read_count(reader, "burst", settings.burst);
    read_severity(reader, settings.severity_min);
    read_http(reader, context, read_secret, settings);
    reader.finish();
    return settings;
}

// Reads the destinations of all kinds, each checked where it stands.
class DestinationReader {
public:
    DestinationReader(ConfigReader& reader, const ConfigContext& context, SecretReader read_secret)
        : reader_(reader), context_(context), read_secret_(read_secret) {}

    // One mapping, or a list of them.
    template <typename Settings, typename Read>
    void read_all(const char* key, std::vector<Settings>& out, Read read) {
        const YamlNode* node = reader_.child(key);
        if (node == nullptr) return;
        if (!node->is_list()) {
            out.push_back(read_one<Settings>(key, *node, read));
            return;
        }
        for (const YamlNode& item : node->items) {
            out.push_back(read_one<Settings>(key, item, read));
        }
    }

private:
    template <typename Settings, typename Read>
    Settings read_one(const char* key, const YamlNode& node, Read read) {
        bool all_known = true;
        const auto read_secret = [&](const std::string& name, SecretKind kind) {
            auto secret = read_secret_(name, kind);
            if (!secret && secret.error().code == Errc::NotAvailable) all_known = false;
            return secret;
        };
        const std::size_t before = context_.errors.size();
        Settings settings = read(node, context_, read_secret);
        if (context_.errors.size() == before && all_known) {
            const auto usable = check_settings(settings);
            if (!usable) context_.complain(node.mark, "{}: {}", key, usable.error().text);
        }
        check_name(key, settings.name, node);
        return settings;
    }

    void check_name(const char* key, const std::string& name, const YamlNode& node) {
        const YamlEntry* entry = node.is_map() ? node.find("name") : nullptr;
        const YamlMark mark = entry == nullptr ? node.mark : entry->value.mark;
        if (!is_destination_name(name)) {
            context_.complain(mark, "{}: name: expected a-z, 0-9, '_' or '-', at most {}, got '{}'",
                              key, kDestinationNameMax, name);
        }
        const auto [first, is_new] = names_.try_emplace(name, mark);
        if (is_new) return;
        context_.complain(mark,
                          "{}: a destination called '{}' is at line {} already: give each a name "
                          "of its own",
                          key, name, first->second.line);
    }

    ConfigReader& reader_;
    const ConfigContext& context_;
    SecretReader read_secret_;
    std::map<std::string, YamlMark> names_;
};

}  // namespace

void read_exporters(const YamlNode& node, const ConfigContext& context, SecretReader read_secret,
                    ShipSettings& ship) {
    ConfigReader reader(node, context);
    DestinationReader destinations(reader, context, read_secret);
    destinations.read_all("otlp", ship.otlp, read_otlp);
    destinations.read_all("alertmanager", ship.alertmanagers, read_alertmanager);
    destinations.read_all("json_lines", ship.json_lines, read_json_lines);
    destinations.read_all("journald", ship.journald, read_journald);
    destinations.read_all("webhook", ship.webhooks, read_webhook);
    reader.finish();
}

}  // namespace homeostat
