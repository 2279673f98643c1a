#include "agent/config/load_exporters.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

Result<Config> parse(std::string_view text, std::vector<Error>& errors) {
    const auto read_secret = [](const std::string& path) -> Result<std::string> {
        if (path == "/run/secret") return std::string("token");
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

TEST_CASE("load_exporters: errors name the place, also those that only the whole shows") {
    struct Row {
        std::string_view yaml;
        std::string_view part;
    };
    for (const Row& row :
         {Row{"exporters: {kafka: {}}", "unknown key 'kafka'"},
          Row{"exporters: {otlp: {compression: lz4}}", "expected one of none, gzip, zstd"},
          Row{"exporters: {otlp: {endpoint: 'ftp://x'}}", "expected a URL"},
          Row{"exporters: {alertmanager: {urls: []}}", "alertmanager"},
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
