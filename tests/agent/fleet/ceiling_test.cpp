#include "agent/fleet/ceiling.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

std::string fault_of(std::string_view yaml, const std::vector<std::string>& may_set) {
    FleetSettings fleet;
    fleet.may_set = may_set;
    std::vector<Error> errors;
    const auto tree = parse_yaml(yaml, "b");
    REQUIRE(tree);
    const bool fine = check_ceiling(*tree, "b", fleet, errors);
    CHECK(fine == errors.empty());
    return errors.empty() ? "" : std::string(errors[0].text.view());
}

// What is wrong with where things go when `bundle` lies on `owners`; empty: nothing.
std::string address_fault(std::string_view owners, std::string_view bundle) {
    Settings before;
    REQUIRE(add_layer(before, "homeostat.yml", owners, kConfigBytesMax));
    Settings whole = before;
    REQUIRE(add_layer(whole, "bundle prod 7", bundle, kConfigBytesMax));
    std::vector<Error> errors;
    const bool fine = check_addresses(before, whole, errors);
    CHECK(fine == errors.empty());
    return errors.empty() ? "" : std::string(errors[0].text.view());
}

}  // namespace

TEST_CASE("ceiling: section 7 rule 7: an address of a bundle takes nothing of the owner's along") {
    CHECK(address_fault("exporters:\n  otlp:\n    endpoint: 'https://own:4318'\n"
                        "    authorization: {credentials_file: /etc/homeostat/token}\n",
                        "tick: 1s\nexporters: {otlp: {endpoint: 'https://evil:4318'}}\n") ==
          "bundle prod 7:2:30: exporters.otlp.endpoint: 'authorization' of the host's owner "
          "(homeostat.yml:4) is for the owner's address alone");
    struct Row {
        const char* what;
        const char* owners;
        const char* bundle;
    };
    for (const Row& row : {
             Row{"a token in the file",
                 "exporters: {otlp: {endpoint: 'http://own', authorization: {credentials: x}}}",
                 "exporters: {otlp: {endpoint: 'http://evil'}}"},
             Row{"a part of the authorization",
                 "exporters: {otlp: {endpoint: 'http://own', authorization: {credentials_file: "
                 "x}}}",
                 "exporters: {otlp: {endpoint: 'http://evil', authorization: {type: Basic}}}"},
             Row{"headers", "exporters: {otlp: {endpoint: 'http://own', headers: {X-Token: x}}}",
                 "exporters: {otlp: {endpoint: 'http://evil', headers: {X-Other: y}}}"},
             Row{"header files",
                 "exporters: {alertmanager: {urls: ['http://own'], header_files: {X-Token: /t}}}",
                 "exporters: {alertmanager: {urls: ['http://evil']}}"},
             Row{"the key of a webhook",
                 "exporters: {webhook: {url: 'http://own', secret_file: /etc/k}}",
                 "exporters: {webhook: {url: 'http://evil'}}"},
             Row{"a certificate",
                 "exporters: {otlp: {endpoint: 'https://own', tls_config: {cert_file: /c}}}",
                 "exporters: {otlp: {endpoint: 'https://evil'}}"},
             Row{"a looser TLS",
                 "exporters: {otlp: {endpoint: 'https://own',"
                 " tls_config: {insecure_skip_verify: true}}}",
                 "exporters: {otlp: {endpoint: 'https://evil'}}"},
             Row{"the history of metrics",
                 "warm_start: {url: 'http://own', selector: s, authorization: {credentials: x}}",
                 "warm_start: {url: 'http://evil'}"},
             Row{"a password for the history",
                 "warm_start: {url: 'http://own', basic_auth: {username: u, password: p}}",
                 "warm_start: {url: 'http://evil'}"},
             Row{"the token without its address",
                 "exporters: {otlp: {authorization: {credentials_file: /t}}}",
                 "exporters: {otlp: {endpoint: 'https://evil'}}"},
             Row{"no TLS", "exporters: {otlp: {endpoint: 'https://own'}}",
                 "exporters: {otlp: {endpoint: 'http://own'}}"},
             Row{"no TLS for a list", "exporters: {webhook: [{url: 'https://own'}]}",
                 "exporters: {webhook: [{name: a, url: 'https://x'}, {url: 'http://own'}]}"},
             Row{"a list instead", "exporters: {otlp: {endpoint: 'https://own'}}",
                 "exporters: {otlp: [{endpoint: 'http://own'}]}"},
             Row{"one of many members", "exporters: {alertmanager: {urls: ['https://a']}}",
                 "exporters: {alertmanager: {urls: ['https://a', 'http://b']}}"},
             Row{"no TLS for the history", "warm_start: {url: 'https://own'}",
                 "warm_start: {url: 'http://own'}"},
             Row{"no TLS for a job",
                 "scrape_configs: [{job_name: db, scheme: https,"
                 " static_configs: [{targets: ['db:1']}]}]",
                 "scrape_configs: [{job_name: db, static_configs: [{targets: ['db:2']}]}]"},
             Row{"no TLS for a target",
                 "scrape_configs: [{job_name: db, scheme: https,"
                 " static_configs: [{targets: ['db:1']}]}]",
                 "scrape_configs: [{job_name: x, static_configs: [{targets: ['y:1', 'db:1']}]}]"},
         }) {
        CAPTURE(std::string(row.what));
        CHECK(address_fault(row.owners, row.bundle).starts_with("bundle prod 7:1:"));
        CHECK(address_fault(row.owners, "tick: 1s").empty());
        CHECK(address_fault("", row.bundle).empty());
    }
}

TEST_CASE("ceiling: a bundle may say where to send, by itself, and more of what is the owner's") {
    const char* owners =
        "exporters: {otlp: {endpoint: 'https://own', authorization: {credentials_file: /t}}}\n"
        "scrape_configs: [{job_name: db, scheme: https, authorization: {credentials_file: /t},"
        " static_configs: [{targets: ['db:1']}]}]\n";
    for (const char* bundle :
         {"exporters: {otlp: {compression: zstd}}",
          "exporters: {otlp: [{endpoint: 'https://other', headers: {A: b}}]}",
          "exporters: {otlp: {endpoint: 'https://other', authorization: null}}",
          "exporters: {webhook: {url: 'http://127.0.0.1:9999'}}",
          "scrape_configs: [{job_name: node, static_configs: [{targets: ['localhost:9100']}]}]",
          "scrape_configs: [{job_name: db, scheme: https, static_configs: [{targets: "
          "['x:1']}]}]"}) {
        CAPTURE(bundle);
        CHECK(address_fault(owners, bundle).empty());
    }
}

TEST_CASE("ceiling: section 7 rule 7 and requirement 11: a bundle sets what the owner has opened") {
    CHECK(fault_of("tick: 1s", {"tick"}).empty());
    CHECK(fault_of("", {}).empty());
    CHECK(fault_of("a: 1\ntick: 1s", {"a"}).starts_with("b:2:1: 'tick' is not in may_set"));
    for (const char* yaml :
         {"exporters: {otlp: {tls_config: {insecure_skip_verify: true}}}",
          "exporters: {otlp: {authorization: {credentials_file: /etc/shadow}}}",
          "exporters: {otlp: {header_files: {A: /etc/x}}}",
          "exporters: {webhook: [{secret_file: x}]}", "exporters: {json_lines: {path: /etc/x}}",
          "exporters: {journald: {socket: /run/x}}"}) {
        CAPTURE(yaml);
        CHECK(fault_of(yaml, {"exporters"}).find("set by the owner") != std::string::npos);
    }
    CHECK(fault_of("exporters: {otlp: {endpoint: 'https://x:4318'}}", {"exporters"}).empty());
}

TEST_CASE("ceiling (RULES B20, T4): what it all comes to stays within the owner's limits") {
    Config config;
    const FleetLimits limits{
        .series_max = 3000, .tick = seconds(1), .memory_bytes = 1000, .exporters_max = 1};
    CHECK(check_limits(config, 1000, limits));
    CHECK_FALSE(check_limits(config, 1001, limits));
    config.series_max = 3001;
    CHECK_FALSE(check_limits(config, 0, limits));
    config.series_max = 3000;
    config.tick = milliseconds(999);
    CHECK_FALSE(check_limits(config, 0, limits));
    config.tick = seconds(1);
    config.exporters.resize(2);
    CHECK_FALSE(check_limits(config, 0, limits));
}
