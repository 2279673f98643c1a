#include "agent/daemon.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

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

class CountingActuator final : public ActuatorPort {
public:
    Result<ActionReport> run(const ActionJob& job) override {
        ++(job.ping ? pings : others);
        return ActionReport{};
    }
    std::atomic<int> pings = 0;
    std::atomic<int> others = 0;
};

// Answers only when it is told to give up.
class HangingActuator final : public ActuatorPort {
public:
    Result<ActionReport> run(const ActionJob&) override {
        while (!bell_.wait(hours(1))) {
        }
        return make_error(Errc::Timeout, "no answer");
    }
    void interrupt() override { bell_.ring(); }

private:
    Bell bell_;
};

// A whole daemon with real threads and a real clock: waiting is all that it adds. Nothing here is
// asserted about how long.
struct House {
    explicit House(ActuatorPort& actuator)
        : files(state / "spool"),
          spool(config.spool, files, 1),
          shipper(config.ship, spool, fetcher, 1, clock.now()),
          store(state.path()),
          courier(work, store, shipper),
          actor(work, actuator) {
        synthetic.advance_to(clock.now());
        facts.version = "1";
    }

    static Config make_config() {
        Config config = test::rig_config();
        config.tick = milliseconds(20);
        config.ship.first_send_spread = Duration{};
        config.ship.otlp.push_back({});
        return config;
    }

    DaemonEnd run(Duration limit, FunctionRef<bool()> read_configuration) {
        CrashGuard crash_guard = CrashGuard::begin(state.path(), "boot-1");
        Agent agent(config, actions, {synthetic.root(), clock, spawner, fetcher}, work, {}, {});
        Daemon daemon({.agent = agent,
                       .courier = courier,
                       .shipper = shipper,
                       .actor = actor,
                       .scraper = nullptr,
                       .work = work,
                       .clock = clock,
                       .log = log,
                       .service_manager = service_manager,
                       .crash_guard = crash_guard,
                       .read_configuration = read_configuration,
                       .hang_up = [this] { hung_up.ring(); },
                       .facts = facts,
                       .state_directory = state.path(),
                       .tick = config.tick,
                       .action_grace = milliseconds(20),
                       .ship_grace = milliseconds(20)});
        return daemon.run(limit);
    }

    [[nodiscard]] nlohmann::json last_word() const {
        const auto content = read_file(state / kStatusFile, 1U << 20U);
        REQUIRE(content);
        return nlohmann::json::parse(*content, nullptr, false);
    }

    test::TemporaryDirectory state;
    SystemClock clock;
    test::SyntheticHost synthetic{1};
    test::ScriptedSpawner spawner;
    test::ScriptedFetcher fetcher;
    Bell hung_up;
    ActionConfig actions;
    Config config = make_config();
    Work work;
    DirectorySpoolFiles files;
    Spool spool;
    Shipper shipper;
    IncidentStore store;
    Courier courier;
    Actor actor;
    Log log{STDERR_FILENO, false};
    ServiceManager service_manager{{}, Duration{}};
    AgentFacts facts;
};

constexpr Duration kLongEnough = minutes(5);  // the signal ends it, not this

constexpr auto same = [] { return true; };

Incident incident(std::uint64_t number) {
    Incident out;
    out.id = make_incident_id(1'795'176'000'000'000'000, {1, number});
    out.kind = "filesystem_space";
    out.subject = {SubjectKind::Mount, "/srv"};
    return out;
}

}  // namespace

TEST_CASE("daemon (RULES B25): the actuator is called at start where something is allowed") {
    for (const std::size_t allowed : {0UL, 1UL}) {
        CountingActuator actuator;
        House house(actuator);
        house.facts.targets_allowed = allowed;
        house.run(milliseconds(200), same);
        CHECK(actuator.pings == (allowed > 0 ? 1 : 0));
        CHECK(actuator.others == 0);
    }
}

TEST_CASE("daemon: runs for its limit, then stops all its threads and leaves a last word") {
    NoActuator no_actuator;
    House house(no_actuator);
    CHECK(house.run(milliseconds(200), same) == DaemonEnd::Stopped);
    const auto json = house.last_word();
    REQUIRE_FALSE(json.is_discarded());
    CHECK(json["state"] == "stopped");
    CHECK(json["ticks"].get<int>() >= 1);
    auto models = read_file(house.state / kModelsFile, kModelsBytesMax);
    REQUIRE(models);
    CHECK(decode_models(std::move(*models)));
}

TEST_CASE("daemon: a server that says nothing keeps no incident from the disk, and no stop") {
    NoActuator no_actuator;
    House house(no_actuator);
    bool stored = false;
    bool given_up = false;
    house.fetcher.set_answer([&](const HttpRequest&) -> Result<HttpResponse> {
        if (given_up) return make_error(Errc::Io, "given up");
        // In flight: one more incident is told, and must be on the disk before the answer comes.
        CHECK(house.work.to_ship.push(incident(2)));
        while (!stored && !house.hung_up.wait(milliseconds(10))) {
            std::size_t damaged = 0;
            stored = house.store.load(damaged).size() == 2;
        }
        while (stored && !house.hung_up.wait(hours(1))) {
        }
        given_up = true;
        return make_error(Errc::Io, "given up");
    });
    REQUIRE(house.work.to_ship.push(incident(1)));
    CHECK(house.run(seconds(2), same) == DaemonEnd::Stopped);
    CHECK(stored);
    CHECK(house.last_word()["spool"]["records"] == 2);
    CHECK(house.last_word()["destinations"][0]["queued"] == 2);
}

TEST_CASE("daemon: a sleeping shipper is rung out of bed for what is new") {
    NoActuator no_actuator;
    House house(no_actuator);
    const BlockedSignals blocked;
    std::atomic<bool> shipped_in_time = false;
    house.fetcher.set_answer([&](const HttpRequest&) -> Result<HttpResponse> {
        // Not by the last step, which comes after the courier's end.
        shipped_in_time = !house.work.to_ship.closed();
        ::kill(::getpid(), SIGTERM);
        HttpResponse response;
        response.status = 200;
        return response;
    });
    // Its sleep is longer than this run. A status is written when the threads are up.
    std::thread later([&] {
        while (!read_file(house.state / kStatusFile, 1U << 20U)) std::this_thread::yield();
        CHECK(house.work.to_ship.push(incident(1)));
    });
    static_assert(Shipper::kPauseMost > seconds(20));
    CHECK(house.run(seconds(20), same) == DaemonEnd::Stopped);
    later.join();
    CHECK(shipped_in_time);
}

TEST_CASE("daemon: an actuator that hangs does not keep it from stopping, and its end is told") {
    HangingActuator actuator;
    House house(actuator);
    REQUIRE(house.work.to_act.push({}));
    CHECK(house.run(milliseconds(100), same) == DaemonEnd::Stopped);
    CHECK(house.work.reports.size() == 0);
    CHECK(house.last_word()["state"] == "stopped");
}

TEST_CASE("daemon: SIGHUP reads the configuration; a good one ends the run to begin anew") {
    NoActuator no_actuator;
    House house(no_actuator);
    const BlockedSignals blocked;
    ::kill(::getpid(), SIGHUP);
    int readings = 0;
    CHECK(house.run(kLongEnough, [&] {
        ++readings;
        return true;
    }) == DaemonEnd::Reload);
    CHECK(readings == 1);
}

TEST_CASE("daemon: a configuration with faults is not taken on, the watch goes on") {
    NoActuator no_actuator;
    House house(no_actuator);
    const BlockedSignals blocked;
    ::kill(::getpid(), SIGHUP);
    int readings = 0;
    CHECK(house.run(milliseconds(200), [&] {
        ++readings;
        return false;
    }) == DaemonEnd::Stopped);
    CHECK(readings == 1);
}

TEST_CASE("daemon: SIGTERM ends the run") {
    NoActuator no_actuator;
    House house(no_actuator);
    const BlockedSignals blocked;
    ::kill(::getpid(), SIGTERM);
    CHECK(house.run(kLongEnough, [] { return true; }) == DaemonEnd::Stopped);
}
