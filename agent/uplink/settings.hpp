// What the owner of a node may say about shipping: plain structures that the config fills in.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/fetcher.hpp"
#include "core/incident.hpp"
#include "core/time.hpp"

namespace homeostat {

enum class Compression : std::uint8_t { None, Gzip, Zstd };

struct NameValue {
    std::string name;
    std::string value;
};

// Who sends: resource attributes of OTLP, labels of Alertmanager, source of webhooks.
struct AgentIdentity {
    std::string version;      // of the agent: "0.1.0"
    std::string instance_id;  // UUID text, kept in the state directory
    std::string host_id;      // first line of etc/machine-id, or what the cloud calls this machine
    bool cloud_id = false;    // host_id is to be the latter
    std::string host_name;
    std::string host_arch;  // "amd64", "arm64"
    std::string os_name;    // os-release: ID, VERSION_ID and PRETTY_NAME
    std::string os_version;
    std::string os_description;
    std::string config_hash;  // of what is in force: not of the resource, which does not vary
    std::vector<NameValue> resource;  // the user's own; they win over host.name, host.arch and os.*
};

// The ring on disk. More or larger segments take effect at the next start; files beyond a smaller
// number are neither read nor removed.
struct SpoolSettings {
    std::uint32_t segment_bytes = 256U << 10U;
    // Segments of each class, in the order of SpoolClass: critical, incident, info. 16 MiB in all
    // hold some 40,000 records, a quarter reserved for what matters most.
    std::array<std::uint16_t, 3> segments{16, 32, 16};
    std::uint32_t memory_bytes = 256U << 10U;  // while the disk refuses; shared out alike
};

// OTLP/HTTP logs.
struct OtlpSettings {
    std::string name = "otlp";  // of the destination: its cursor file, status and metrics
    std::string endpoint = "http://127.0.0.1:4318";  // base URL, or with /v1/logs
    std::vector<HttpHeader> headers;                 // Authorization, tenant; never shown
    Compression compression = Compression::Gzip;
    HttpTls tls;
    Duration connect_timeout = seconds(5);
    Duration timeout = seconds(10);
    // Larger batches save few bytes more, and cost memory while a backlog drains.
    std::uint32_t batch_records_max = 64;         // up to 256
    std::uint32_t batch_bytes_max = 128U << 10U;  // before compression; up to 900,000
};

// Alertmanager v2: every member of the cluster, never a load balancer.
struct AlertmanagerSettings {
    std::string name = "alertmanager";
    std::vector<std::string> urls;  // base URLs, perhaps with a path ("/alertmanager")
    std::vector<HttpHeader> headers;
    std::vector<NameValue> labels;  // static ones: cluster, env, team
    HttpTls tls;
    Duration connect_timeout = seconds(5);
    Duration timeout = seconds(10);
    Duration resend = seconds(60);
    Duration resolved_resend_for = minutes(15);
    Severity severity_min = Severity::Warning;
    std::string generator_url;  // absolute URL of a status page, or empty
};

// One JSON object a line, appended to a file.
struct JsonLinesSettings {
    std::string name = "json_lines";
    std::string path;  // "-" is standard output
};

// journald's native protocol.
struct JournaldSettings {
    std::string name = "journald";
    std::string socket = "/run/systemd/journal/socket";
};

enum class WebhookKind : std::uint8_t { Generic, PagerDuty, Slack };

struct WebhookSettings {
    std::string name = "webhook";
    WebhookKind kind = WebhookKind::Generic;
    std::string url;              // a secret for Slack; empty means PagerDuty's own
    std::string secret;           // Generic: "whsec_..."; PagerDuty: the routing key
    std::string secret_previous;  // Generic, during a rotation
    std::vector<HttpHeader> headers;
    HttpTls tls;
    Duration connect_timeout = seconds(5);
    Duration timeout = seconds(10);
    std::uint32_t per_minute = 10;  // then one digest
    std::uint32_t burst = 20;
    Severity severity_min = Severity::Warning;
};

struct ShipSettings {
    AgentIdentity identity;
    std::vector<OtlpSettings> otlp;
    std::vector<AlertmanagerSettings> alertmanagers;
    std::vector<JsonLinesSettings> json_lines;
    std::vector<JournaldSettings> journald;
    std::vector<WebhookSettings> webhooks;
    // The first request of each destination comes at a random moment of this span, so that a fleet
    // that restarts at once does not knock at once. Zero: at once.
    Duration first_send_spread = seconds(30);
    // The longest wait between two tries after failures; the shortest is a second.
    Duration retry_max = minutes(5);
    // At least this long between two batches of a backlog: paced catch-up after an outage.
    Duration batch_interval = milliseconds(20);
};

// Errc::Invalid with the first thing that cannot work: a URL without scheme, a bad label name, two
// destinations of one name, half a client certificate. No secret appears in the text.
Status check_settings(const ShipSettings& settings);
Status check_settings(const SpoolSettings& settings);

// The same for one destination alone; the caller says which one it is.
Status check_settings(const OtlpSettings& settings);
Status check_settings(const AlertmanagerSettings& settings);
Status check_settings(const JsonLinesSettings& settings);
Status check_settings(const JournaldSettings& settings);
Status check_settings(const WebhookSettings& settings);

// [a-z0-9_-], not empty: it becomes part of a file's name.
inline constexpr std::size_t kDestinationNameMax = 48;
bool is_destination_name(std::string_view name);

// An absolute http or https URL without user and password. The text quotes scheme, host and port
// at most: the path and the query of a webhook's URL are its secret.
Status check_url(std::string_view url);

}  // namespace homeostat
