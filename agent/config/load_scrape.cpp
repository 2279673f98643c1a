#include "agent/config/load_scrape.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "agent/config/config_reader.hpp"
#include "agent/config/relabel.hpp"
#include "agent/config/scrape_target.hpp"

namespace homeostat {
namespace {

// Of one answer, unpacked: some 80,000 samples. Memory for it is taken while it is read. No limit,
// which 0 means in Prometheus, is more than a small agent may promise.
constexpr std::size_t kBodyBytesMax = 8UL << 20U;
constexpr std::size_t kBodyBytesCeiling = 64UL << 20U;
constexpr std::size_t kTargetsMax = 16;  // each has a batch of fixed memory

// What one scrape config says of all its targets.
struct Job {
    std::string name;
    std::string scheme = "http";
    std::string metrics_path = "/metrics";
    std::string query;  // empty, or "?name=value..."
    std::vector<std::string> targets;
    ExporterSettings common;
};

std::string base64(std::string_view text) {
    std::string out(4 * ((text.size() + 2) / 3), '\0');
    std::vector<unsigned char> encoded(out.size() + 1);
    EVP_EncodeBlock(encoded.data(), reinterpret_cast<const unsigned char*>(text.data()),
                    static_cast<int>(text.size()));
    std::copy_n(encoded.begin(), out.size(), out.begin());
    return out;
}

}  // namespace

std::string read_secret_key(ConfigReader& reader, const ConfigContext& context, const char* key,
                            const char* file_key, SecretReader read_secret) {
    std::string value;
    std::string path;
    reader.text(key, value);
    reader.text(file_key, path);
    if (path.empty()) return value;
    if (!value.empty()) {
        context.complain(reader.child(file_key)->mark, "give {} or {}, not both", key, file_key);
    }
    const auto content = read_secret(path, SecretKind::Secret);
    if (!content && content.error().code == Errc::NotAvailable) return {};
    if (!content) {
        context.complain(reader.child(file_key)->mark, "{}: {}", file_key, content.error().text);
        return {};
    }
    return *content;
}

namespace {

void read_basic_auth(const YamlNode& node, const ConfigContext& context, SecretReader read_secret,
                     std::vector<HttpHeader>& headers) {
    ConfigReader reader(node, context);
    std::string user;
    reader.text("username", user);
    const std::string password =
        read_secret_key(reader, context, "password", "password_file", read_secret);
    reader.finish();
    headers.push_back({"Authorization", "Basic " + base64(user + ":" + password)});
}

// Of basic_auth and authorization one: both are the same header.
void read_credentials(ConfigReader& reader, const ConfigContext& context, SecretReader read_secret,
                      std::vector<HttpHeader>& headers) {
    const YamlNode* basic = reader.child("basic_auth");
    const YamlNode* other = reader.child("authorization");
    if (basic != nullptr) read_basic_auth(*basic, context, read_secret, headers);
    if (other == nullptr) return;
    if (basic != nullptr) {
        context.complain(other->mark, "give basic_auth or authorization, not both");
    }
    read_authorization(*other, context, read_secret, headers);
}

void check_targets(const YamlNode& targets, const ConfigContext& context) {
    for (const YamlNode& target : targets.items) {
        if (!target.is_scalar() || target.is_null()) continue;  // told already
        const Status status = check_target(target.text);
        if (!status) context.complain(target.mark, "{}", status.error().text);
    }
}

void read_static_configs(const YamlNode& node, const ConfigContext& context, Job& job) {
    if (!node.is_list()) {
        context.complain(node.mark, "static_configs: expected a list, got {}", shown(node));
        return;
    }
    for (const YamlNode& item : node.items) {
        ConfigReader reader(item, context);
        reader.texts("targets", job.targets);
        if (const YamlNode* targets = reader.child("targets")) check_targets(*targets, context);
        std::vector<std::pair<std::string, std::string>> labels;
        reader.pairs("labels", labels);  // for servers that aggregate; one host has one of each
        reader.finish();
    }
}

RelabelRule read_relabel_rule(const YamlNode& node, const ConfigContext& context) {
    static constexpr std::array<std::string_view, 2> kActions{"keep", "drop"};
    RelabelRule rule;
    ConfigReader reader(node, context);
    reader.texts("source_labels", rule.source_labels);
    reader.text("separator", rule.separator);
    reader.text("regex", rule.regex);
    auto action = kActions.size();
    reader.choice("action", action, kActions);
    reader.finish();
    if (!reader.has("action")) {
        context.complain(node.mark, "metric_relabel_configs: give an action, keep or drop");
    }
    rule.action = action == 0 ? RelabelAction::Keep : RelabelAction::Drop;
    return rule;
}

void read_metric_relabel(const YamlNode& node, const ConfigContext& context,
                         ExporterSettings& exporter) {
    if (!node.is_list()) {
        context.complain(node.mark, "metric_relabel_configs: expected a list, got {}", shown(node));
        return;
    }
    std::vector<RelabelRule> rules;
    for (const YamlNode& item : node.items) rules.push_back(read_relabel_rule(item, context));
    const auto relabelling = Relabelling::compile(rules);
    if (!relabelling) {
        context.complain(node.mark, "metric_relabel_configs: {}", relabelling.error().text);
        return;
    }
    exporter.wanted = [wants = *relabelling](std::string_view name, std::string_view labels) {
        return wants.wants(name, labels);
    };
}

// "?collect[]=cpu&x=y", with everything but letters, digits and -._~ in hexadecimal (RFC 3986).
void append_parameter(std::string& query, std::string_view name, std::string_view value) {
    const auto append = [&query](std::string_view text) {
        for (const char c : text) {
            const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                               (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                               c == '~';
            query +=
                plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    };
    query += query.empty() ? '?' : '&';
    append(name);
    query += '=';
    append(value);
}

// `params`: lists of values by name.
void read_parameters(const YamlNode& node, const ConfigContext& context, Job& job) {
    if (!node.is_map()) {
        context.complain(node.mark, "params: expected names and lists, got {}", shown(node));
        return;
    }
    ConfigReader reader(node, context);
    for (const YamlEntry& entry : node.entries) {
        std::vector<std::string> values;
        reader.texts(entry.key, values);
        for (const std::string& value : values) append_parameter(job.query, entry.key, value);
    }
}

// What Prometheus needs to tell hosts apart, or what we do anyway: taken and not used, so that a
// file written for Prometheus can be used as it is.
void accept_without_use(ConfigReader& reader) {
    bool flag = false;
    for (const char* key : {"honor_labels", "honor_timestamps", "track_timestamps_staleness",
                            "follow_redirects", "enable_http2", "enable_compression"}) {
        reader.flag(key, flag);
    }
    // Prometheus 3: how a target's answer is to be read, and a bound on targets that are found.
    std::vector<std::string> protocols;
    std::string protocol;
    std::size_t targets = 0;
    reader.texts("scrape_protocols", protocols);
    reader.text("fallback_scrape_protocol", protocol);
    reader.count("target_limit", targets, {0, SIZE_MAX});
}

void read_path(ConfigReader& reader, const ConfigContext& context, Job& job) {
    reader.text("metrics_path", job.metrics_path);
    if (job.metrics_path.starts_with('/')) return;
    context.complain(reader.child("metrics_path")->mark,
                     "metrics_path: expected a path that begins with '/', got '{}'",
                     job.metrics_path);
}

void read_times(ConfigReader& reader, const ConfigContext& context, ExporterSettings& exporter) {
    reader.duration("scrape_interval", exporter.interval, {seconds(1), hours(1)});
    reader.duration("scrape_timeout", exporter.timeout, {milliseconds(100), minutes(1)});
    if (exporter.timeout <= exporter.interval) return;
    if (const YamlNode* timeout = reader.child("scrape_timeout")) {
        context.complain(timeout->mark, "scrape_timeout: {} is longer than the scrape_interval, {}",
                         to_text(exporter.timeout), to_text(exporter.interval));
    }
    exporter.timeout = exporter.interval;
}

void read_limits(ConfigReader& reader, ExporterSettings& exporter) {
    constexpr std::size_t kAny = 1'000'000;  // far beyond what fits one body
    ExporterLimits& limits = exporter.limits;
    reader.bytes("body_size_limit", exporter.body_bytes_max, {1, kBodyBytesCeiling});
    reader.count("sample_limit", limits.samples, {0, kAny});
    reader.count("label_limit", limits.labels, {0, kAny});
    reader.count("label_name_length_limit", limits.label_name_bytes, {0, kAny});
    reader.count("label_value_length_limit", limits.label_value_bytes, {0, kAny});
}

Job read_job(const YamlNode& node, const ConfigContext& context, SecretReader read_secret) {
    Job job;
    job.common.body_bytes_max = kBodyBytesMax;
    ConfigReader reader(node, context);
    static constexpr std::array<std::string_view, 2> kSchemes{"http", "https"};
    std::size_t scheme = 0;
    reader.text("job_name", job.name);
    reader.choice("scheme", scheme, kSchemes);
    job.scheme = kSchemes[scheme];
    read_path(reader, context, job);
    read_times(reader, context, job.common);
    read_limits(reader, job.common);
    if (const auto* child = reader.child("static_configs")) {
        read_static_configs(*child, context, job);
    }
    read_credentials(reader, context, read_secret, job.common.headers);
    if (const auto* child = reader.child("tls_config")) {
        read_tls(*child, context, read_secret, job.common.tls);
    }
    if (const auto* child = reader.child("metric_relabel_configs")) {
        read_metric_relabel(*child, context, job.common);
    }
    if (const auto* child = reader.child("params")) read_parameters(*child, context, job);
    accept_without_use(reader);
    reader.finish();
    if (job.name.empty()) context.complain(node.mark, "a scrape config needs a job_name");
    if (job.targets.empty()) {
        context.complain(node.mark, "a scrape config needs static_configs with targets");
    }
    return job;
}

}  // namespace

void read_tls(const YamlNode& node, const ConfigContext& context, SecretReader read_secret,
              HttpTls& tls) {
    ConfigReader reader(node, context);
    const auto read_path = [&](std::string_view key, SecretKind kind, std::string& path) {
        reader.text(key, path);
        const YamlNode* value = reader.child(key);
        if (value == nullptr || path.empty()) return;
        const auto content = read_secret(path, kind);
        if (content && content->find("-----BEGIN ") == std::string::npos) {
            context.complain(value->mark, "{}: {} is no PEM file: no '-----BEGIN'", key, path);
        } else if (!content && content.error().code != Errc::NotAvailable) {
            context.complain(value->mark, "{}: {}", key, content.error().text);
        }
        // libcurl reads the file again: of a credential it must be told where it lies.
        if (!content || path.find('/') != std::string::npos) return;
        if (const auto place = read_secret(path, SecretKind::Place)) path = *place;
    };
    read_path("ca_file", SecretKind::Certificate, tls.ca_file);
    read_path("cert_file", SecretKind::Certificate, tls.certificate_file);
    read_path("key_file", SecretKind::PrivateKey, tls.key_file);
    reader.text("server_name", tls.server_name);
    reader.flag("insecure_skip_verify", tls.insecure_skip_verify);
    reader.finish();
}

void read_authorization(const YamlNode& node, const ConfigContext& context,
                        SecretReader read_secret, std::vector<HttpHeader>& headers) {
    ConfigReader reader(node, context);
    std::string type = "Bearer";
    reader.text("type", type);
    const std::string credentials =
        read_secret_key(reader, context, "credentials", "credentials_file", read_secret);
    reader.finish();
    headers.push_back({"Authorization", type + " " + credentials});
}

void read_headers(ConfigReader& reader, const ConfigContext& context, SecretReader read_secret,
                  std::vector<HttpHeader>& headers) {
    std::vector<std::pair<std::string, std::string>> pairs;
    reader.pairs("headers", pairs);
    for (auto& [name, value] : pairs) headers.push_back({name, value});
    pairs.clear();
    reader.pairs("header_files", pairs);
    for (const auto& [name, path] : pairs) {
        const auto value = read_secret(path, SecretKind::Secret);
        if (value) {
            headers.push_back({name, *value});
        } else if (value.error().code != Errc::NotAvailable) {
            const YamlEntry* entry = reader.child("header_files")->find(name);
            context.complain(entry->value.mark, "header_files: {}: {}", name, value.error().text);
        }
    }
}

void read_scrape_configs(const YamlNode& node, const ConfigContext& context,
                         SecretReader read_secret, std::vector<ExporterSettings>& exporters) {
    if (!node.is_list()) {
        context.complain(node.mark, "scrape_configs: expected a list, got {}", shown(node));
        return;
    }
    std::vector<std::string> names;
    for (const YamlNode& item : node.items) {
        const Job job = read_job(item, context, read_secret);
        if (std::find(names.begin(), names.end(), job.name) != names.end() && !job.name.empty()) {
            context.complain(item.mark, "a second scrape config with the job_name '{}'", job.name);
        }
        names.push_back(job.name);
        for (const std::string& target : job.targets) {
            ExporterSettings exporter = job.common;
            exporter.name = job.targets.size() == 1 ? job.name : job.name + "/" + target;
            exporter.url = job.scheme + "://" + target + job.metrics_path + job.query;
            exporters.push_back(std::move(exporter));
        }
        if (exporters.size() > kTargetsMax) {
            context.complain(item.mark, "more than {} targets: Homeostat watches one host",
                             kTargetsMax);
            return;
        }
    }
}

void read_warm_start(const YamlNode& node, const ConfigContext& context, SecretReader read_secret,
                     WarmStartSettings& warm_start) {
    ConfigReader reader(node, context);
    reader.text("url", warm_start.url);
    reader.text("selector", warm_start.selector);
    // A server gives at most 11,000 points a series: 38 days of our step.
    reader.duration("span", warm_start.span, {hours(1), hours(24 * 30)});
    read_credentials(reader, context, read_secret, warm_start.headers);
    read_headers(reader, context, read_secret, warm_start.headers);
    if (const auto* child = reader.child("tls_config"))
        read_tls(*child, context, read_secret, warm_start.tls);
    reader.finish();
    if (warm_start.url.empty() || warm_start.selector.empty()) {
        context.complain(node.mark,
                         "warm_start needs a url, and a selector that matches this host alone");
    }
}

}  // namespace homeostat
