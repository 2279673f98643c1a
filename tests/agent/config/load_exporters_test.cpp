#include "agent/config/load_exporters.hpp"

#include <doctest/doctest.h>

#include "agent/config/layers.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

Result<Config> parse(std::string_view text, std::vector<Error>& errors) {
    const auto read_secret = [](const std::string& path, SecretKind) -> Result<std::string> {
        if (path == "/run/secret") return std::string("token");
        if (path == "/run/slack-url") return std::string("https://hooks.example/services/T0/x");
        if (path == "/cert.pem") return std::string("-----BEGIN CERTIFICATE-----");
        return make_error(Errc::NotFound, "open {}: No such file or directory", path);
    };
    return parse_config("homeostat.yml", text, read_secret, errors);
}

}  // namespace

TEST_CASE("load_exporters: each kind of destination, one or several") {
    std::vector<Error> errors;
    const auto config = parse(R"(
exporters:
  otlp:
    endpoint: http://127.0.0.1:4318
    compression: zstd
    authorization: {credentials_file: /run/secret}
    headers: {X-Scope-OrgID: me}
  alertmanager:
    - {name: am-a, urls: ['http://127.0.0.1:9093'], labels: {cluster: x}, severity_min: error}
    - {name: am-b, urls: ['http://127.0.0.1:9193']}
  json_lines: {path: /var/log/homeostat.jsonl}
  journald:
)",
                              errors);
    for (const Error& error : errors) MESSAGE(error.text.view());
    REQUIRE(config);
    const ShipSettings& ship = config->ship;
    REQUIRE(ship.otlp.size() == 1);
    CHECK(ship.otlp[0].compression == Compression::Zstd);
    REQUIRE(ship.otlp[0].headers.size() == 2);
    CHECK(ship.otlp[0].headers[1].value == "Bearer token");
    REQUIRE(ship.alertmanagers.size() == 2);
    CHECK(ship.alertmanagers[0].severity_min == Severity::Error);
    CHECK(ship.alertmanagers[0].labels[0].name == "cluster");
    REQUIRE(ship.json_lines.size() == 1);
    CHECK(ship.journald.size() == 1);
}

TEST_CASE("load_exporters: a webhook with all that it may have") {
    std::vector<Error> errors;
    const auto config = parse(R"(
exporters:
  webhook:
    kind: slack
    url: https://hooks.example/services/x
    per_minute: 3
    burst: 5
    header_files: {X-Key: /run/secret}
)",
                              errors);
    for (const Error& error : errors) MESSAGE(error.text.view());
    REQUIRE(config);
    const WebhookSettings& webhook = config->ship.webhooks[0];
    CHECK(webhook.per_minute == 3);
    CHECK(webhook.burst == 5);
    REQUIRE(webhook.headers.size() == 1);
    CHECK(webhook.headers[0].value == "token");
}

TEST_CASE("load_exporters: a webhook's URL is a secret beyond its host") {
    std::vector<Error> errors;
    CHECK_FALSE(parse("exporters: {webhook: {url: 'hooks.example/services/SECRET'}}", errors));
    REQUIRE_FALSE(errors.empty());
    CHECK(errors[0].text.view().find("got 'hooks.example'") != std::string_view::npos);
}

TEST_CASE("load_exporters: what needs a secret of the service alone is not judged by hand") {
    std::vector<Error> errors;
    const auto no_service = [](const std::string&, SecretKind) -> Result<std::string> {
        return make_error(Errc::NotAvailable, "for the service alone");
    };
    CHECK(parse_config("homeostat.yml",
                       "exporters: {webhook: {kind: pagerduty, secret_file: key}, otlp: "
                       "{authorization: {credentials_file: token}}}",
                       no_service, errors));
    CHECK(errors.empty());
}

TEST_CASE("load_exporters: the URL of a webhook, which is a secret, may lie in a file") {
    std::vector<Error> errors;
    const auto config =
        parse("exporters: {webhook: {kind: slack, url_file: /run/slack-url}}", errors);
    REQUIRE(config);
    CHECK(config->ship.webhooks[0].url == "https://hooks.example/services/T0/x");
    for (const char* yaml : {"exporters: {webhook: {kind: slack, url_file: /none}}",
                             "exporters: {webhook: {kind: slack, url_file: /run/secret}}",
                             "exporters: {webhook: {url: 'http://x/', url_file: /run/slack-url}}",
                             "exporters: {webhook: {kind: slack}}"}) {
        CAPTURE(yaml);
        errors.clear();
        CHECK_FALSE(parse(yaml, errors));
        REQUIRE_FALSE(errors.empty());
        CHECK(errors[0].text.view().find("token") == std::string_view::npos);
    }
}

TEST_CASE("load_exporters: certificates and keys may be credentials of the service") {
    const test::TemporaryDirectory directory;
    for (const char* name : {"ca.pem", "cert.pem", "key.pem"}) {
        directory.write(name, "-----BEGIN " + std::string(6000, 'x') + "\n");
    }
    Settings settings;
    REQUIRE(add_layer(settings, "homeostat.yml",
                      "exporters: {otlp: {endpoint: 'https://x', tls_config: {ca_file: ca.pem,"
                      " cert_file: cert.pem, key_file: key.pem}}}\n"
                      "scrape_configs: [{job_name: a, static_configs: [{targets: ['x:1']}],"
                      " tls_config: {ca_file: /etc/none.pem}}]\n",
                      kConfigBytesMax));
    std::vector<Error> errors;
    const auto refused = read_settings(settings, directory.path(), errors);
    CHECK_FALSE(refused);
    REQUIRE(errors.size() == 1);  // the others were read where they are
    CHECK(errors[0].text.view().find("ca_file: open /etc/none.pem") != std::string_view::npos);

    settings = {};
    REQUIRE(add_layer(settings, "homeostat.yml",
                      "exporters: {otlp: {endpoint: 'https://x', tls_config: {ca_file: ca.pem,"
                      " cert_file: cert.pem, key_file: key.pem}}}\n",
                      kConfigBytesMax));
    const auto config = read_settings(settings, directory.path(), errors);
    REQUIRE(config);
    const HttpTls& tls = config->ship.otlp[0].tls;
    CHECK(tls.ca_file == directory.path() + "/ca.pem");
    CHECK(tls.certificate_file == directory.path() + "/cert.pem");
    CHECK(tls.key_file == directory.path() + "/key.pem");
    errors.clear();
    CHECK(read_settings(settings, std::nullopt, errors));  // by hand: not known, not checked
}

TEST_CASE("load_exporters: errors name the place, also those that only the whole shows") {
    struct Row {
        std::string_view yaml;
        std::string_view part;
    };
    for (const Row& row :
         {Row{"exporters: {kafka: {}}", "unknown key 'kafka'"},
          Row{"exporters: {otlp: {compression: lz4}}", "expected one of none, gzip, zstd"},
          Row{"exporters: {otlp: {endpoint: 'ftp://x'}}",
              "homeostat.yml:1:30: endpoint: expected a URL such as https://host:port, got "
              "'ftp://x'"},
          Row{"exporters:\n  otlp:\n    endpoint: collector:4318\n",
              "homeostat.yml:3:15: endpoint: expected a URL such as https://host:port, got "
              "'collector:4318'"},
          Row{"exporters: {alertmanager: {urls: []}}",
              "homeostat.yml:1:27: alertmanager: expected at least one URL in urls"},
          Row{"exporters: {alertmanager: {urls: ['http://a:9093', 'b:9093']}}",
              "homeostat.yml:1:52: urls: expected a URL such as https://host:port, got 'b:9093'"},
          Row{"exporters:\n  otlp:\n  - {}\n  - {endpoint: 'http://b:4318'}\n",
              "homeostat.yml:4:5: otlp: a destination called 'otlp' is at line 3 already: give "
              "each a name of its own"},
          Row{"exporters:\n  otlp: {}\n  journald: {name: otlp}\n",
              "homeostat.yml:3:20: journald: a destination called 'otlp' is at line 2 already"},
          Row{"exporters: {otlp: {name: ../x}}", "homeostat.yml:1:26: otlp: name: expected a-z"},
          Row{"exporters: {otlp: {tls_config: {cert_file: /cert.pem}}}",
              "homeostat.yml:1:19: otlp: a client certificate needs both"},
          Row{"exporters: {otlp: {tls_config: {ca_file: /none}}}",
              "homeostat.yml:1:42: ca_file: open /none: No such file"},
          Row{"exporters: {otlp: {tls_config: {ca_file: /run/secret}}}",
              "ca_file: /run/secret is no PEM file"},
          Row{"exporters: {otlp: {header_files: {X-Key: /none}}}", "header_files: X-Key: open"},
          Row{"exporters: {json_lines: {path: x}}",
              "homeostat.yml:1:25: json_lines: path: expected"},
          Row{"exporters: {webhook: {url: 'http://x/', per_minute: 0}}", "per_minute: expected"},
          Row{"exporters: {webhook: {kind: generic, url: 'http://x/', secret_file: /none}}",
              "secret_file: open /none"}}) {
        CAPTURE(row.yaml);
        std::vector<Error> errors;
        CHECK_FALSE(parse(row.yaml, errors));
        REQUIRE_FALSE(errors.empty());
        CAPTURE(errors[0].text.view());
        CHECK(errors[0].text.view().find(row.part) != std::string_view::npos);
    }
}
