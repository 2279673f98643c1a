#include "agent/uplink/settings.hpp"

#include <set>
#include <string_view>

#include "agent/uplink/alertmanager.hpp"
#include "agent/uplink/spool_format.hpp"
#include "agent/uplink/standard_webhook.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kNameMax = 48;
constexpr std::uint32_t kSpoolBytesMax = 1U << 30U;
constexpr std::uint16_t kSegmentsMax = 999;  // three digits in the file name

bool is_destination_name(std::string_view name) {
    if (name.empty() || name.size() > kNameMax) return false;
    return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") ==
           std::string_view::npos;
}

// A URL may hold a secret: error texts name the destination and not the URL.
Status check_url(std::string_view destination, std::string_view url, bool may_be_empty = false) {
    if (url.empty() && may_be_empty) return Ok{};
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!url.starts_with(scheme)) continue;
        const std::string_view rest = url.substr(scheme.size());
        const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
        if (authority.empty() || url.find_first_of(" \t\r\n") != std::string_view::npos) break;
        if (authority.find('@') != std::string_view::npos) {
            return make_error(Errc::Invalid,
                              "{}: no user or password in a URL, use a header with a secret",
                              destination);
        }
        return Ok{};
    }
    return make_error(Errc::Invalid, "{}: expected a URL such as https://host:port, in full",
                      destination);
}

Status check_tls(std::string_view destination, const HttpTls& tls) {
    if (tls.certificate_file.empty() == tls.key_file.empty()) return Ok{};
    return make_error(Errc::Invalid, "{}: a client certificate needs both its file and its key",
                      destination);
}

Status check_headers(std::string_view destination, const std::vector<HttpHeader>& headers) {
    for (const HttpHeader& header : headers) {
        const bool ok = !header.name.empty() &&
                        header.name.find_first_of(" \t\r\n:") == std::string::npos &&
                        header.value.find_first_of("\r\n") == std::string::npos &&
                        header.value.find('\0') == std::string::npos;
        if (!ok) {
            return make_error(Errc::Invalid, "{}: a header has an empty name or a line break",
                              destination);
        }
    }
    return Ok{};
}

Status check_timeouts(std::string_view destination, Duration connect, Duration whole) {
    if (connect.ns > 0 && whole.ns > 0) return Ok{};
    return make_error(Errc::Invalid, "{}: timeouts must be longer than zero", destination);
}

template <typename Settings>
Status check_http(const Settings& settings) {
    auto status = check_headers(settings.name, settings.headers);
    if (status) status = check_tls(settings.name, settings.tls);
    if (status) status = check_timeouts(settings.name, settings.connect_timeout, settings.timeout);
    return status;
}

Status check(const OtlpSettings& settings) {
    const auto url = check_url(settings.name, settings.endpoint);
    return url ? check_http(settings) : url;
}

Status check(const AlertmanagerSettings& settings) {
    if (settings.urls.empty()) {
        return make_error(Errc::Invalid, "{}: expected at least one URL", settings.name);
    }
    for (const std::string& url : settings.urls) {
        const auto status = check_url(settings.name, url);
        if (!status) return status;
    }
    for (const NameValue& label : settings.labels) {
        if (!is_label_name(label.name)) {
            return make_error(Errc::Invalid, "{}: '{}' is no label name ([a-zA-Z_][a-zA-Z0-9_]*)",
                              settings.name, label.name);
        }
    }
    if (settings.resend < seconds(1)) {
        return make_error(Errc::Invalid, "{}: resend must be at least 1 s", settings.name);
    }
    const auto generator = check_url(settings.name, settings.generator_url, true);
    return generator ? check_http(settings) : generator;
}

Status check(const JsonLinesSettings& settings) {
    if (settings.path == "-" || settings.path.starts_with('/')) return Ok{};
    return make_error(Errc::Invalid, "{}: expected an absolute path or '-', got '{}'",
                      settings.name, settings.path);
}

Status check(const JournaldSettings& settings) {
    if (settings.socket.starts_with('/')) return Ok{};
    return make_error(Errc::Invalid, "{}: expected the absolute path of a socket, got '{}'",
                      settings.name, settings.socket);
}

Status check(const WebhookSettings& settings) {
    const bool is_pagerduty = settings.kind == WebhookKind::PagerDuty;
    const auto url = check_url(settings.name, settings.url, is_pagerduty);
    if (!url) return url;
    if (is_pagerduty && settings.secret.size() != kRoutingKeyBytes) {
        return make_error(Errc::Invalid, "{}: a PagerDuty routing key has {} characters",
                          settings.name, kRoutingKeyBytes);
    }
    for (const std::string& secret : {settings.secret, settings.secret_previous}) {
        if (settings.kind != WebhookKind::Generic || secret.empty()) continue;
        if (!decode_webhook_secret(secret)) {
            return make_error(Errc::Invalid, "{}: expected a secret of the form whsec_<base64>",
                              settings.name);
        }
    }
    if (settings.per_minute == 0 || settings.burst == 0) {
        return make_error(Errc::Invalid, "{}: per_minute and burst must be at least 1",
                          settings.name);
    }
    return check_http(settings);
}

template <typename List>
Status check_all(const List& list, std::set<std::string>& names) {
    for (const auto& settings : list) {
        if (!is_destination_name(settings.name)) {
            return make_error(Errc::Invalid,
                              "'{}' is no destination name: a-z, 0-9, '_', '-', at most {}",
                              settings.name, kNameMax);
        }
        if (!names.insert(settings.name).second) {
            return make_error(Errc::Invalid, "two destinations are called '{}'", settings.name);
        }
        const auto status = check(settings);
        if (!status) return status;
    }
    return Ok{};
}

}  // namespace

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
