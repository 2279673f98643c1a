#include "agent/uplink/settings.hpp"

#include <set>
#include <string_view>

#include "agent/uplink/alertmanager.hpp"
#include "agent/uplink/spool_format.hpp"
#include "agent/uplink/standard_webhook.hpp"
#include "agent/uplink/utf8.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kShownUrlMax = 80;
constexpr std::uint32_t kSpoolBytesMax = 1U << 30U;
constexpr std::uint16_t kSegmentsMax = 999;  // three digits in the file name

// The part of a URL that is no secret. A text that is none is cut where its path would begin.
std::string shown_url(std::string_view url) {
    const auto scheme = url.find("://");
    const auto begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    return to_printable(url.substr(0, url.find_first_of("/?#", begin)), kShownUrlMax);
}

Status check_tls(const HttpTls& tls) {
    if (tls.certificate_file.empty() == tls.key_file.empty()) return Ok{};
    return make_error(Errc::Invalid, "a client certificate needs both cert_file and key_file");
}

Status check_headers(const std::vector<HttpHeader>& headers) {
    for (const HttpHeader& header : headers) {
        const bool ok = !header.name.empty() &&
                        header.name.find_first_of(" \t\r\n:") == std::string::npos &&
                        header.value.find_first_of("\r\n") == std::string::npos &&
                        header.value.find('\0') == std::string::npos;
        if (!ok) {
            return make_error(
                Errc::Invalid,
                "a header has a line break, or a name that is empty or holds a space or a colon");
        }
    }
    return Ok{};
}

Status check_timeouts(Duration connect, Duration whole) {
    if (connect.ns > 0 && whole.ns > 0) return Ok{};
    return make_error(Errc::Invalid, "timeouts must be longer than zero");
}

template <typename Settings>
Status check_http(const Settings& settings) {
    auto status = check_headers(settings.headers);
    if (status) status = check_tls(settings.tls);
    if (status) status = check_timeouts(settings.connect_timeout, settings.timeout);
    return status;
}

template <typename Settings>
Status check_named(const Settings& settings) {
    if (!is_destination_name(settings.name)) {
        return make_error(Errc::Invalid,
                          "'{}' is no destination name: a-z, 0-9, '_', '-', at most {}",
                          settings.name, kDestinationNameMax);
    }
    const auto status = check_settings(settings);
    if (status) return Ok{};
    return make_error(status.error().code, "{}: {}", settings.name, status.error().text);
}

template <typename List>
Status check_all(const List& list, std::set<std::string>& names) {
    for (const auto& settings : list) {
        if (!names.insert(settings.name).second) {
            return make_error(Errc::Invalid, "two destinations are called '{}'", settings.name);
        }
        const auto status = check_named(settings);
        if (!status) return status;
    }
    return Ok{};
}

}  // namespace

bool is_destination_name(std::string_view name) {
    if (name.empty() || name.size() > kDestinationNameMax) return false;
    return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") ==
           std::string_view::npos;
}

Status check_url(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!url.starts_with(scheme)) continue;
        const std::string_view rest = url.substr(scheme.size());
        const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
        if (authority.find('@') != std::string_view::npos) {
            return make_error(
                Errc::Invalid,
                "no user or password in a URL: use authorization with credentials_file");
        }
        if (authority.empty() || url.find_first_of(" \t\r\n") != std::string_view::npos) break;
        return Ok{};
    }
    return make_error(Errc::Invalid, "expected a URL such as https://host:port, got '{}'",
                      shown_url(url));
}

Status check_settings(const OtlpSettings& settings) {
    const auto url = check_url(settings.endpoint);
    return url ? check_http(settings) : url;
}

Status check_settings(const AlertmanagerSettings& settings) {
    if (settings.urls.empty()) {
        return make_error(Errc::Invalid, "expected at least one URL in urls, one for each member");
    }
    for (const std::string& url : settings.urls) {
        const auto status = check_url(url);
        if (!status) return status;
    }
    for (const NameValue& label : settings.labels) {
        if (!is_label_name(label.name)) {
            return make_error(Errc::Invalid, "'{}' is no label name ([a-zA-Z_][a-zA-Z0-9_]*)",
                              label.name);
        }
    }
    if (settings.resend < seconds(1)) {
        return make_error(Errc::Invalid, "resend must be at least 1 s");
    }
    if (!settings.generator_url.empty()) {
        const auto generator = check_url(settings.generator_url);
        if (!generator) return generator;
    }
    return check_http(settings);
}

Status check_settings(const JsonLinesSettings& settings) {
    if (settings.path == "-" || settings.path.starts_with('/')) return Ok{};
    return make_error(Errc::Invalid, "path: expected an absolute path or '-', got '{}'",
                      settings.path);
}

Status check_settings(const JournaldSettings& settings) {
    if (settings.socket.starts_with('/')) return Ok{};
    return make_error(Errc::Invalid, "socket: expected the absolute path of a socket, got '{}'",
                      settings.socket);
}

Status check_settings(const WebhookSettings& settings) {
    const bool is_pagerduty = settings.kind == WebhookKind::PagerDuty;
    if (!is_pagerduty || !settings.url.empty()) {
        const auto url = check_url(settings.url);
        if (!url) return url;
    }
    if (is_pagerduty && settings.secret.size() != kRoutingKeyBytes) {
        return make_error(Errc::Invalid,
                          "secret: a PagerDuty routing key has {} characters, got {}",
                          kRoutingKeyBytes, settings.secret.size());
    }
    for (const std::string& secret : {settings.secret, settings.secret_previous}) {
        if (settings.kind != WebhookKind::Generic || secret.empty()) continue;
        if (!decode_webhook_secret(secret)) {
            return make_error(Errc::Invalid, "secret: expected the form whsec_<base64>");
        }
    }
    if (settings.per_minute == 0 || settings.burst == 0) {
        return make_error(Errc::Invalid, "per_minute and burst must be at least 1");
    }
    return check_http(settings);
}

Status check_settings(const ShipSettings& settings) {
    std::set<std::string> names;
    auto status = check_all(settings.json_lines, names);
    if (status) status = check_all(settings.journald, names);
    if (status) status = check_all(settings.otlp, names);
    if (status) status = check_all(settings.alertmanagers, names);
    if (status) status = check_all(settings.webhooks, names);
    return status;
}

Status check_settings(const SpoolSettings& settings) {
    const std::size_t least = 2 * spool_record_bytes(kSpoolPayloadMax);
    if (settings.segment_bytes < least || settings.segment_bytes > kSpoolBytesMax) {
        return make_error(Errc::Invalid, "spool: segment_bytes is {}, expected {} to {}",
                          settings.segment_bytes, least, kSpoolBytesMax);
    }
    std::uint64_t bytes = 0;
    for (const std::uint16_t segments : settings.segments) {
        if (segments < 2 || segments > kSegmentsMax) {
            return make_error(Errc::Invalid, "spool: {} segments in a class, expected 2 to {}",
                              segments, kSegmentsMax);
        }
        bytes += std::uint64_t{segments} * settings.segment_bytes;
    }
    if (bytes > kSpoolBytesMax) {
        return make_error(Errc::Limit, "spool: {} bytes in all, at most {} are allowed", bytes,
                          kSpoolBytesMax);
    }
    return Ok{};
}

}  // namespace homeostat
