#include "agent/fleet/fleet_config.hpp"

#include <doctest/doctest.h>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

TEST_CASE("fleet_config: a bundle lies on top of the owner's files, and faults name it") {
    const test::TemporaryDirectory directory;
    directory.write("homeostat.yml", "tick: 2s\nseries_max: 500\n");
    auto bundle = parse_bundle("b",
                               "bundle: {id: prod, version: 4, issued: '2026-11-21T03:00:00Z', "
                               "expires: '2026-12-21T03:00:00Z', select: {all: true}}\n"
                               "tick: 3s\nincidents: {calm_for: never}\n");
    REQUIRE(bundle);
    std::vector<Error> errors;
    const auto alone = load_settings_with(directory.path(), nullptr, errors);
    REQUIRE(alone);
    CHECK(read_settings(*alone, std::nullopt, errors)->tick == seconds(2));
    const auto settings = load_settings_with(directory.path(), &*bundle, errors);
    REQUIRE(settings);
    CHECK_FALSE(read_settings(*settings, std::nullopt, errors));
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text.view().starts_with("bundle prod 4:3:23: calm_for: expected a duration"));
}

TEST_CASE("fleet_config: what is the owner's goes to no address of a bundle") {
    const test::TemporaryDirectory directory;
    directory.write("homeostat.yml",
                    "exporters: {otlp: {endpoint: 'https://own', headers: {X-Token: x}}}\n");
    auto bundle = parse_bundle("b",
                               "bundle: {id: prod, version: 4, issued: '2026-11-21T03:00:00Z', "
                               "expires: '2026-12-21T03:00:00Z', select: {all: true}}\n"
                               "exporters: {otlp: {endpoint: 'https://evil'}}\n");
    REQUIRE(bundle);
    std::vector<Error> errors;
    CHECK_FALSE(load_settings_with(directory.path(), &*bundle, errors));
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text.view().starts_with("bundle prod 4:2:30: exporters.otlp.endpoint: "));
}
