#include "agent/uplink/settings.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

ShipSettings good_settings() {
    ShipSettings settings;
    settings.otlp.push_back({});
    settings.alertmanagers.push_back({});
    settings.alertmanagers[0].urls = {"https://am1:9093/alertmanager", "http://[::1]:9093"};
    settings.alertmanagers[0].labels = {{"cluster", "a"}};
    settings.json_lines.push_back({.path = "/var/log/homeostat.jsonl"});
    settings.journald.push_back({});
    settings.webhooks.push_back({});
    settings.webhooks[0].url = "https://hooks.example/x";
    return settings;
}

}  // namespace

TEST_CASE("settings: the defaults and a full set are fine") {
    CHECK(check_settings(ShipSettings{}).has_value());
    CHECK(check_settings(good_settings()).has_value());
    CHECK(check_settings(SpoolSettings{}).has_value());
}

TEST_CASE("settings: what cannot work is refused, and no secret is quoted") {
    using Change = void (*)(ShipSettings&);
    struct Row {
        const char* says;
        Change change;
    };
    for (const Row& row : {
             Row{"expected a URL", [](ShipSettings& s) { s.otlp[0].endpoint = "host/SECRET"; }},
             Row{"expected a URL",
                 [](ShipSettings& s) { s.otlp[0].endpoint = "ftp://host/SECRET"; }},
             Row{"expected a URL", [](ShipSettings& s) { s.otlp[0].endpoint = "http://"; }},
             Row{"expected a URL", [](ShipSettings& s) { s.otlp[0].endpoint = "http://a b"; }},
             Row{"no user or password",
                 [](ShipSettings& s) { s.otlp[0].endpoint = "http://u:SECRET@host"; }},
             Row{"at least one URL", [](ShipSettings& s) { s.alertmanagers[0].urls.clear(); }},
             Row{"no label name",
                 [](ShipSettings& s) {
                     s.alertmanagers[0].labels = {{"host.name", "a"}};
                 }},
             Row{"resend must be", [](ShipSettings& s) { s.alertmanagers[0].resend = Duration{}; }},
             Row{"both cert_file and key_file",
                 [](ShipSettings& s) { s.otlp[0].tls.certificate_file = "/a"; }},
             Row{"line break",
                 [](ShipSettings& s) {
                     s.otlp[0].headers = {{"a", "SECRET\r\nb: c"}};
                 }},
             Row{"line break",
                 [](ShipSettings& s) {
                     s.otlp[0].headers = {{"", "SECRET"}};
                 }},
             Row{"timeouts", [](ShipSettings& s) { s.otlp[0].timeout = Duration{}; }},
             Row{"two destinations", [](ShipSettings& s) { s.json_lines[0].name = "otlp"; }},
             Row{"no destination name", [](ShipSettings& s) { s.otlp[0].name = "../x"; }},
             Row{"no destination name", [](ShipSettings& s) { s.otlp[0].name = ""; }},
             Row{"absolute path", [](ShipSettings& s) { s.json_lines[0].path = "relative"; }},
             Row{"absolute path", [](ShipSettings& s) { s.journald[0].socket = ""; }},
             Row{"whsec_", [](ShipSettings& s) { s.webhooks[0].secret = "SECRET"; }},
             Row{"routing key",
                 [](ShipSettings& s) {
                     s.webhooks[0].kind = WebhookKind::PagerDuty;
                     s.webhooks[0].secret = "SECRET";
                 }},
             Row{"per_minute", [](ShipSettings& s) { s.webhooks[0].per_minute = 0; }},
         }) {
        CAPTURE(row.says);
        ShipSettings settings = good_settings();
        row.change(settings);
        const auto status = check_settings(settings);
        REQUIRE_FALSE(status.has_value());
        CHECK(status.error().code == Errc::Invalid);
        CHECK(status.error().text.view().find(row.says) != std::string_view::npos);
        CHECK(status.error().text.view().find("SECRET") == std::string_view::npos);
    }
}

TEST_CASE("settings: a spool that is too small or too large is refused") {
    struct Row {
        std::uint32_t segment_bytes;
        std::uint16_t segments;
        bool fine;
    };
    for (const Row& row :
         {Row{256U << 10U, 16, true}, Row{4096, 16, false}, Row{256U << 10U, 1, false},
          Row{256U << 10U, 1000, false}, Row{64U << 20U, 16, false}}) {
        CAPTURE(row.segment_bytes);
        CAPTURE(row.segments);
        const SpoolSettings settings{.segment_bytes = row.segment_bytes,
                                     .segments = {row.segments, 2, 2}};
        CHECK(check_settings(settings).has_value() == row.fine);
    }
}
