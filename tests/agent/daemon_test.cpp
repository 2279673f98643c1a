#include "agent/daemon.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>

#include <nlohmann/json.hpp>

#include "agent/uplink/spool_files.hpp"
#include "core/file.hpp"
#include "tests/agent/rig.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

// A signal sent before the daemon runs waits for it instead of ending the test.
class BlockedSignals {
public:
    BlockedSignals() {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGHUP);
        sigaddset(&set, SIGTERM);
        ::pthread_sigmask(SIG_BLOCK, &set, &before_);
    }
    ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;

private:
    sigset_t before_{};
};

class NoActuator final : public ActuatorPort {
public:
    Result<ActionReport> run(const ActionJob&) override {
        return make_error(Errc::NotFound, "no actuator");
    }
};

}  // namespace

// The unit tests with real time in them: waiting is all that the daemon adds. They assert nothing
// about how long.
namespace {

// A daemon over a synthetic host, with what it needs.
struct DaemonRig {
    test::TemporaryDirectory state;
    SystemClock clock;
    test::SyntheticHost synthetic{1};
    test::ScriptedSpawner spawner;
    test::ScriptedFetcher fetcher;
    ActionConfig actions;
    Config config = test::rig_config();
    Work work;
    NoActuator no_actuator;
    Log log{STDERR_FILENO, false};
    ServiceManager service_manager{{}, Duration{}};

    DaemonEnd run(Duration limit, FunctionRef<bool()> read_configuration) {
        synthetic.advance_to(clock.now());
        config.tick = milliseconds(20);
        Agent agent(config, actions, {synthetic.root(), clock, spawner, fetcher}, work, {}, {});
        DirectorySpoolFiles files(state / "spool");
        Spool spool(config.spool, files, 1);
        Shipper shipper(config.ship, spool, fetcher, 1, clock.now());
        IncidentStore store(state.path());
        Courier courier(work, store, shipper);
        Actor actor(work, no_actuator);
        CrashGuard crash_guard = CrashGuard::begin(state.path(), "boot-1");
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
                       .crash_guard = crash_guard,
                       .read_configuration = read_configuration,
                       .facts = facts,
                       .state_directory = state.path(),
                       .tick = config.tick});
        return daemon.run(limit);
    }
};

constexpr Duration kLongEnough = minutes(5);  // the signal ends it, not this

}  // namespace

TEST_CASE("daemon: runs for its limit, then stops all its threads and leaves a last word") {
    DaemonRig rig;
    CHECK(rig.run(milliseconds(200), [] { return true; }) == DaemonEnd::Stopped);
    const auto content = read_file(rig.state / kStatusFile, 1U << 20U);
    REQUIRE(content);
    const auto json = nlohmann::json::parse(*content, nullptr, false);
    REQUIRE_FALSE(json.is_discarded());
    CHECK(json["state"] == "stopped");
    CHECK(json["ticks"].get<int>() >= 1);
    auto models = read_file(rig.state / kModelsFile, kModelsBytesMax);
    REQUIRE(models);
    CHECK(decode_models(std::move(*models)));
}

TEST_CASE("daemon: SIGHUP reads the configuration; a good one ends the run to begin anew") {
    DaemonRig rig;
    const BlockedSignals blocked;
    ::kill(::getpid(), SIGHUP);
    int readings = 0;
    CHECK(rig.run(kLongEnough, [&] {
        ++readings;
        return true;
    }) == DaemonEnd::Reload);
    CHECK(readings == 1);
}

TEST_CASE("daemon: a configuration with faults is not taken on, the watch goes on") {
    DaemonRig rig;
    const BlockedSignals blocked;
    ::kill(::getpid(), SIGHUP);
    int readings = 0;
    CHECK(rig.run(milliseconds(200), [&] {
        ++readings;
        return false;
    }) == DaemonEnd::Stopped);
    CHECK(readings == 1);
}

TEST_CASE("daemon: SIGTERM ends the run") {
    DaemonRig rig;
    const BlockedSignals blocked;
    ::kill(::getpid(), SIGTERM);
    CHECK(rig.run(kLongEnough, [] { return true; }) == DaemonEnd::Stopped);
}
