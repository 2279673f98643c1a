#include "agent/fleet/fleet_steward.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <random>

#include "actions/sodium_signatures.hpp"
#include "tests/support/fragile_files.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_channel.hpp"
#include "tests/support/scripted_fetcher.hpp"
#include "tests/support/signer.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

const test::Signer kFleet(1);

std::string bundle_of(std::uint64_t version, std::string_view settings) {
    return kFleet.sealed(
        fmt::format("bundle:\n  id: prod\n  version: {}\n  issued: '2026-11-20T00:00:00Z'\n"
                    "  expires: '2027-11-20T00:00:00Z'\n  select: {{all: true}}\n"
                    "  rollout: {{canary: 1, probation: 1m}}\n{}\n",
                    version, settings));
}

// A daemon without its threads: it ticks, looks after the fleet, and begins anew when asked.
struct Daemon {
    Daemon() {
        settings.channel = "prod";
        settings.directory = directory.path();
        keeper.emplace(KeeperSetup{"prod", {kFleet.key()}, {}, "machine", {}, "0.1.0", "boot"},
                       files, library);
        REQUIRE(keeper->begin(clock.now()));
        steward.emplace(FleetParts{settings,
                                   *keeper,
                                   log,
                                   [](const Bundle& bundle) {
                                       std::vector<Error> errors;
                                       Settings layers;
                                       add_layer(layers, "bundle", bundle.settings);
                                       const auto config =
                                           read_settings(layers, std::nullopt, errors);
                                       return config ? Status(Ok{}) : Status(errors[0]);
                                   },
                                   [this](AgentHealth& health) {
                                       health.resident_bytes = resident_bytes;
                                       const double now =
                                           Duration{clock.now().monotonic_ns}.seconds();
                                       health.cpu_seconds = now * 0.01;
                                       health.waited.watch = now * watch_waits;
                                   },
                                   7,
                                   files,
                                   {},
                                   [] { return std::string(); }});
        begin();
    }

    void begin() {
        steward->begin(seconds(1), {fetcher, channel});
        status = {};
        ++begun;
        const Bundle* bundle = keeper->in_force();
        running = bundle == nullptr ? 0 : bundle->header.version;
    }

    void second() {
        clock.advance(seconds(1));
        ++status.ticks;
        ++ticks;
        status.samples_last = 100;
        status.at = clock.now();
        steward->observe(status);
        steward->step(clock.now());
        if (steward->wants_reload()) begin();
    }

    void seconds_pass(int count) {
        for (int i = 0; i < count; ++i) second();
    }

    test::TemporaryDirectory directory;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher;
    test::ScriptedChannel channel;
    test::FragileFiles files;
    SodiumSignatures library;
    FleetSettings settings;
    const int null_device = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    const Log log{null_device, false};
    std::optional<Keeper> keeper;
    std::optional<FleetSteward> steward;
    AgentStatus status;
    std::uint64_t resident_bytes = 10U << 20U;
    double watch_waits = 0;  // of each second
    std::uint64_t running = 0;
    int begun = 0;
    int ticks = 0;
};

}  // namespace

TEST_CASE("steward: a file in the directory comes into force, passes its probation and is kept") {
    Daemon daemon;
    daemon.directory.write("web.yml", bundle_of(1, "series_max: 3000"));
    daemon.seconds_pass(10);
    CHECK(daemon.running == 1);
    CHECK(daemon.keeper->on_trial());
    daemon.seconds_pass(70);
    CHECK_FALSE(daemon.keeper->on_trial());
    CHECK(daemon.running == 1);
    CHECK(daemon.begun == 2);
}

TEST_CASE("steward (RULES B19): an agent that gets worse on trial goes back, and says why") {
    Daemon daemon;
    daemon.directory.write("web.yml", bundle_of(1, "series_max: 3000"));
    daemon.seconds_pass(10);
    REQUIRE(daemon.running == 1);
    daemon.resident_bytes = 300U << 20U;
    daemon.seconds_pass(5);
    CHECK(daemon.running == 0);
    CHECK(daemon.keeper->record().failure.find("memory") != std::string::npos);
    daemon.seconds_pass(1000);
    CHECK(daemon.running == 0);
    CHECK(daemon.begun == 3);
}

TEST_CASE("steward: a bundle under which the agent's own collectors never answer is left") {
    Daemon daemon;
    const auto add = [&](std::string_view name, std::uint64_t runs, std::uint64_t errors) {
        CollectorLine line;
        line.name = name;
        line.state = CollectorState::Unknown;
        line.runs = runs;
        line.errors = errors;
        REQUIRE(daemon.status.collectors.push(line));
    };
    add("cpu", 9, 4);
    daemon.seconds_pass(1);
    daemon.directory.write("web.yml", bundle_of(1, "series_max: 3000"));
    daemon.seconds_pass(10);
    REQUIRE(daemon.running == 1);
    add("node", 90, 90);     // what it scrapes may be away
    add("cpu", 9, 9);        // as before
    add("diskstats", 9, 1);  // has lost its source
    daemon.seconds_pass(10);
    CHECK(daemon.running == 1);
    SUBCASE("at first") {
        add("meminfo", 2, 2);
        daemon.seconds_pass(90);
        CHECK_FALSE(daemon.keeper->on_trial());
    }
    SUBCASE("again and again") {
        add("meminfo", 3, 3);
        daemon.seconds_pass(2);
        CHECK(daemon.running == 0);
        CHECK(daemon.keeper->record().failure == "collectors answer no more: meminfo");
    }
}

TEST_CASE(
    "steward: a collector that is too slow on trial has three tries, and a slow host's none") {
    Daemon daemon;
    daemon.seconds_pass(1);
    daemon.directory.write("web.yml", bundle_of(1, "series_max: 3000"));
    daemon.seconds_pass(10);
    REQUIRE(daemon.running == 1);
    CollectorLine line;
    line.name = "cpu";
    line.state = CollectorState::Failing;
    REQUIRE(daemon.status.collectors.push(line));
    const auto miss = [&](std::uint32_t times) {
        for (std::uint32_t i = 0; i < times; ++i) {
            ++daemon.status.collectors[0].misses;
            daemon.seconds_pass(12);
        }
    };
    SUBCASE("the host has time for it") {
        miss(2);
        CHECK(daemon.running == 1);
        miss(1);
        CHECK(daemon.running == 0);
        CHECK(daemon.keeper->record().failure == "collectors are too slow, again and again: cpu");
    }
    SUBCASE("the host has none") {
        daemon.watch_waits = 0.5;
        miss(6);
        CHECK(daemon.running == 1);
        CHECK(daemon.keeper->on_trial());  // its minute is over, but nobody knows
        daemon.status.collectors[0].misses = 0;
        daemon.seconds_pass(2);
        CHECK_FALSE(daemon.keeper->on_trial());
        CHECK(daemon.running == 1);
    }
}

TEST_CASE("steward: the operator goes back by a file, once") {
    Daemon daemon;
    daemon.directory.write("web.yml", bundle_of(1, "series_max: 3000"));
    daemon.seconds_pass(80);
    REQUIRE(daemon.running == 1);
    daemon.directory.write("operator", "leave " + daemon.keeper->record().good.digest + "\n");
    daemon.seconds_pass(10);
    CHECK(daemon.running == 0);
    daemon.directory.write("web.yml", bundle_of(2, "series_max: 2500"));
    daemon.seconds_pass(80);
    CHECK(daemon.running == 2);
}

TEST_CASE(
    "steward: 500 bundles in a row, good and bad: never an invalid one, never without a tick") {
    Daemon daemon;
    std::mt19937 random(20261121);
    const std::array<const char*, 5> good{"series_max: 3000", "tick: 2s", "conditions: {}",
                                          "resource: {a: b}", "incidents: {calm_for: 30s}"};
    const std::array<const char*, 7> bad{"series_max: -1",
                                         "tick: never",
                                         "tik: 1s",
                                         "series_max: 9999999999",
                                         "conditions: {no_such: {}}",
                                         "exporters: {otlp: {endpoint: 5}}",
                                         "a: [1"};
    std::uint64_t expected = 0;
    std::size_t kept = 0;
    for (std::uint64_t version = 1; version <= 500; ++version) {
        CAPTURE(version);
        const bool is_good = random() % 2 == 0;
        const std::string settings =
            is_good ? good[random() % good.size()] : bad[random() % bad.size()];
        daemon.directory.write("web.yml", bundle_of(version, settings));
        if (is_good) expected = version;
        daemon.seconds_pass(6);
        CHECK(daemon.running == expected);
        if (!is_good) {
            // The place of the fault is in what is reported.
            CHECK(daemon.keeper->record().failure.find("bundle:") != std::string::npos);
            continue;
        }
        daemon.seconds_pass(62);
        CHECK_FALSE(daemon.keeper->on_trial());
        ++kept;
    }
    CHECK(daemon.begun == static_cast<int>(kept) + 1);
    CHECK(daemon.files.names().size() <= 8);  // the disk holds the last few
    CHECK(daemon.keeper->record().history.size() <= kHistoryMax);
}
