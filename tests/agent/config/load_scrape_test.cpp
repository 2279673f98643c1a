#include "agent/config/load_scrape.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

Result<Config> parse(std::string_view text, std::vector<Error>& errors) {
    const auto read_secret = [](const std::string& path, SecretKind) -> Result<std::string> {
        if (path == "/etc/ca.pem") return std::string("-----BEGIN CERTIFICATE-----");
        if (path == "/run/secret") return std::string("hunter2");
        return make_error(Errc::NotFound, "open {}: No such file or directory", path);
    };
    return parse_config("homeostat.yml", text, read_secret, errors);
}

}  // namespace

TEST_CASE("load_scrape: Prometheus' own syntax, one exporter for each target") {
    std::vector<Error> errors;
    const auto config = parse(R"(
scrape_configs:
  - job_name: node
    scrape_interval: 5s
    static_configs: [{targets: ['127.0.0.1:9100'], labels: {rack: a}}]
  - job_name: app
    scheme: https
    metrics_path: /m
    basic_auth: {username: u, password_file: /run/secret}
    tls_config: {ca_file: /etc/ca.pem, server_name: app}
    static_configs: [{targets: ['a:1', 'b:2']}]
)",
                              errors);
    for (const Error& error : errors) MESSAGE(error.text.view());
    REQUIRE(config);
    REQUIRE(config->exporters.size() == 3);
    CHECK(config->exporters[0].name == "node");
    CHECK(config->exporters[0].url == "http://127.0.0.1:9100/metrics");
    CHECK(config->exporters[0].timeout <= config->exporters[0].interval);
    CHECK(config->exporters[2].name == "app/b:2");
    CHECK(config->exporters[2].url == "https://b:2/m");
    REQUIRE(config->exporters[2].headers.size() == 1);
    CHECK(config->exporters[2].headers[0].value == "Basic dTpodW50ZXIy");  // u:hunter2
    CHECK(config->exporters[2].tls.server_name == "app");
}

TEST_CASE("load_scrape: what is missing or unknown is named with its line") {
    struct Row {
        std::string_view yaml;
        std::string_view part;
    };
    for (const Row& row :
         {Row{"scrape_configs: 3", "expected a list"},
          Row{"scrape_configs: [{job_name: x}]", "needs static_configs"},
          Row{"scrape_configs: [{static_configs: [{targets: [a]}]}]", "needs a job_name"},
          Row{"scrape_configs: [{job_nam: x}]", "did you mean 'job_name'?"},
          Row{"scrape_configs: [{job_name: x, scheme: ftp, static_configs: [{targets: [a]}]}]",
              "expected one of http, https"},
          Row{"scrape_configs: [{job_name: x, static_configs: [{targets: ['http://a:1']}]}]",
              "1:60: target 'http://a:1': expected host:port without a scheme"},
          Row{"scrape_configs: [{job_name: x, static_configs: [{targets: [a, 'b:99999']}]}]",
              "1:63: target 'b:99999': expected a port"},
          Row{"scrape_configs: [{job_name: x, metrics_path: m, static_configs: [{targets: [a]}]}]",
              "1:46: metrics_path: expected a path"},
          Row{"scrape_configs: [{job_name: x, scrape_interval: 5s, scrape_timeout: 6s, "
              "static_configs: [{targets: [a]}]}]",
              "scrape_timeout: 6s is longer than the scrape_interval, 5s"},
          Row{"scrape_configs: [{job_name: x, body_size_limit: 0, static_configs: [{targets: "
              "[a]}]}]",
              "body_size_limit: expected a size"},
          Row{"scrape_configs: [{job_name: x, static_configs: [{targets: [a]}], basic_auth: "
              "{username: u, password: p}, authorization: {credentials: c}}]",
              "give basic_auth or authorization, not both"},
          Row{"scrape_configs: [{job_name: x, label_limit: many, static_configs: [{targets: "
              "[a]}]}]",
              "label_limit: expected a whole number"},
          Row{"scrape_configs: [{job_name: x, static_configs: [{targets: [a]}]}, {job_name: x, "
              "static_configs: [{targets: [b]}]}]",
              "a second scrape config with the job_name 'x'"},
          Row{"scrape_configs: [{job_name: x, static_configs: [{targets: [a]}], basic_auth: "
              "{username: u, password_file: /none}}]",
              "password_file: open /none"}}) {
        CAPTURE(row.yaml);
        std::vector<Error> errors;
        CHECK_FALSE(parse(row.yaml, errors));
        bool found = false;
        for (const Error& error : errors) {
            CAPTURE(error.text.view());
            CHECK(error.text.view().starts_with("homeostat.yml:1:"));
            found = found || error.text.view().find(row.part) != std::string_view::npos;
        }
        CHECK(found);
    }
}

TEST_CASE("load_scrape: series are chosen by metric_relabel_configs, parameters go into the URL") {
    std::vector<Error> errors;
    const auto config = parse(R"(
scrape_configs:
  - job_name: node
    honor_labels: true
    scrape_protocols: [OpenMetricsText1.0.0, PrometheusText0.0.4]
    fallback_scrape_protocol: PrometheusText0.0.4
    target_limit: 10
    params: {'collect[]': [cpu, 'net dev']}
    metric_relabel_configs:
      - {source_labels: [__name__], regex: 'app_.*', action: keep}
      - {source_labels: [path], regex: '/health', action: drop}
    static_configs: [{targets: ['127.0.0.1:9100']}]
)",
                              errors);
    for (const Error& error : errors) MESSAGE(error.text.view());
    REQUIRE(config);
    const ExporterSettings& exporter = config->exporters.at(0);
    CHECK(exporter.url ==
          "http://127.0.0.1:9100/metrics?collect%5B%5D=cpu&collect%5B%5D=net%20dev");
    CHECK(exporter.wanted("app_requests", R"(path="/buy")"));
    CHECK_FALSE(exporter.wanted("app_requests", R"(path="/health")"));
    CHECK_FALSE(exporter.wanted("go_threads", ""));
}

TEST_CASE("load_scrape: Prometheus' limits, with its sizes") {
    std::vector<Error> errors;
    const auto config = parse(R"(
scrape_configs:
  - job_name: node
    body_size_limit: 512KB
    sample_limit: 900
    label_limit: 30
    label_name_length_limit: 200
    label_value_length_limit: 500
    static_configs: [{targets: ['[::1]:9100']}]
  - job_name: other
    static_configs: [{targets: [localhost]}]
)",
                              errors);
    for (const Error& error : errors) MESSAGE(error.text.view());
    REQUIRE(config);
    const ExporterSettings& node = config->exporters.at(0);
    CHECK(node.body_bytes_max == 512U << 10U);
    CHECK(node.limits.samples == 900);
    CHECK(node.limits.labels == 30);
    CHECK(node.limits.label_name_bytes == 200);
    CHECK(node.limits.label_value_bytes == 500);
    CHECK(config->exporters.at(1).body_bytes_max == 8U << 20U);
    CHECK(config->exporters.at(1).limits.samples == 0);
}

TEST_CASE("load_scrape: relabelling that we do not do is refused, not passed over") {
    for (const char* rule : {"{action: labeldrop, regex: x}", "{source_labels: [a], regex: x}",
                             "{action: keep, regex: '(a'}", "{action: keep, target_label: b}"}) {
        std::vector<Error> errors;
        CAPTURE(rule);
        (void)parse(
            fmt::format("scrape_configs:\n  - job_name: a\n    metric_relabel_configs: [{}]\n"
                        "    static_configs: [{{targets: ['a:1']}}]\n",
                        rule),
            errors);
        CHECK_FALSE(errors.empty());
    }
}

TEST_CASE("load_scrape: a warm start may name its tenant, and give a password") {
    std::vector<Error> errors;
    const auto config = parse(
        "warm_start: {url: 'http://p:9090', selector: a, headers: {X-Scope-OrgID: team},\n"
        "  basic_auth: {username: u, password: p}}\n",
        errors);
    REQUIRE(config);
    CHECK(errors.empty());
    const auto& headers = config->warm_start.headers;
    REQUIRE(headers.size() == 2);
    CHECK(headers[0].value == "Basic dTpw");
    CHECK(headers[1].name == "X-Scope-OrgID");
    CHECK(headers[1].value == "team");
}

TEST_CASE("load_scrape: a warm start needs a server, and a selector for this host") {
    std::vector<Error> errors;
    const auto config = parse(
        "warm_start: {url: 'http://p:9090', selector: 'instance=\"h:9100\"',\n"
        "  span: 7d, authorization: {credentials_file: /run/secret}}\n",
        errors);
    REQUIRE(config);
    CHECK(errors.empty());
    CHECK(config->warm_start.selector == "instance=\"h:9100\"");
    CHECK(config->warm_start.span == hours(24 * 7));
    CHECK(config->warm_start.headers.at(0).value == "Bearer hunter2");
    for (const char* text : {"warm_start: {url: 'http://p:9090'}\n", "warm_start: {selector: a}\n",
                             "warm_start: {url: a, selector: b, spam: 1}\n"}) {
        std::vector<Error> wrong;
        (void)parse(text, wrong);
        CHECK_FALSE(wrong.empty());
    }
}
