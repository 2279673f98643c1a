#include "agent/daemon.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "agent/uplink/spool_files.hpp"
#include "core/file.hpp"
#include "tests/agent/rig.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

class NoActuator final : public ActuatorPort {
public:
    Result<ActionReport> run(const ActionJob&) override {
        return make_error(Errc::NotFound, "no actuator");
    }
};

}  // namespace

// The one unit test with real time in it: waiting is all that the daemon adds. It asserts nothing
// about how long.
TEST_CASE("daemon: runs for its limit, then stops all its threads and leaves a last word") {
    const test::TemporaryDirectory state;
    const SystemClock clock;
    test::SyntheticHost synthetic(1);
    synthetic.advance_to(clock.now());
    test::ScriptedSpawner spawner;
    test::ScriptedFetcher fetcher;
    const ActionConfig actions;
    Config config = test::rig_config();
    config.tick = milliseconds(20);
    Work work;
    Agent agent(config, actions, {synthetic.root(), clock, spawner, fetcher}, work, {}, nullptr);
    DirectorySpoolFiles files(state / "spool");
    Spool spool(config.spool, files, 1);
    Shipper shipper(config.ship, spool, fetcher, 1, clock.now());
    IncidentStore store(state.path());
    Courier courier(work, store, shipper);
    NoActuator no_actuator;
    Actor actor(work, no_actuator);
    const Log log(STDERR_FILENO, false);
    ServiceManager service_manager({}, Duration{});
    AgentFacts facts;
    facts.version = "1";
    Daemon daemon({.agent = agent,
                   .courier = courier,
                   .actor = actor,
                   .scraper = nullptr,
                   .work = work,
                   .clock = clock,
                   .log = log,
                   .service_manager = service_manager,
                   .facts = facts,
                   .state_directory = state.path(),
                   .tick = config.tick});
    CHECK(daemon.run(milliseconds(200)) == 0);
    const auto content = read_file(state / kStatusFile, 1U << 20U);
    REQUIRE(content);
    const auto json = nlohmann::json::parse(*content, nullptr, false);
    REQUIRE_FALSE(json.is_discarded());
    CHECK(json["state"] == "stopped");
    CHECK(json["ticks"].get<int>() >= 1);
}
