#include "agent/config/default_settings.hpp"

#include <doctest/doctest.h>

#include "agent/config/load_config.hpp"

using namespace homeostat;

TEST_CASE("default_settings: what the lowest layer says is what holds without it") {
    std::vector<Error> errors;
    const auto no_secrets = [](const std::string& path, SecretKind) {
        return Result<std::string>(make_error(Errc::NotFound, "{}", path));
    };
    const auto config = parse_config(kDefaultLayer, kDefaultSettings, no_secrets, errors);
    for (const Error& error : errors) MESSAGE(error.text.view());
    REQUIRE(config);
    const Config plain;
    CHECK(config->tick == plain.tick);
    CHECK(config->series_max == plain.series_max);
    CHECK(config->collectors_off == plain.collectors_off);
    CHECK(config->certificates == plain.certificates);
    CHECK(config->watched_paths == plain.watched_paths);
    CHECK(config->log_files == plain.log_files);
    CHECK(config->exporters.empty());
    CHECK(config->detect.forecast_horizon == plain.detect.forecast_horizon);
    CHECK(config->detect.forecast_used_min == plain.detect.forecast_used_min);
    CHECK(config->detect.noise_per_second ==
          doctest::Approx(plain.detect.noise_per_second).epsilon(1e-9));
    CHECK(config->incidents.calm_for == plain.incidents.calm_for);
    CHECK(config->incidents.update_interval == plain.incidents.update_interval);
    CHECK(config->incidents.incidents_max == plain.incidents.incidents_max);
    CHECK(config->incidents.cause_confidence_min == plain.incidents.cause_confidence_min);
    CHECK(config->actions.socket == plain.actions.socket);
    CHECK(config->actions.timeout == plain.actions.timeout);
    CHECK(config->actions.grace_after_start == plain.actions.grace_after_start);
    CHECK(config->spool.segments == plain.spool.segments);
    CHECK(config->spool.memory_bytes == plain.spool.memory_bytes);
    CHECK(config->ship.first_send_spread == plain.ship.first_send_spread);
    CHECK(config->ship.retry_max == plain.ship.retry_max);
    CHECK_FALSE(config->metrics.enabled);
    CHECK(config->ship.identity.resource.empty());
}
