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

}  // namespace

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
