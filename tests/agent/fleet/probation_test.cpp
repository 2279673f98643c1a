#include "agent/fleet/probation.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

constexpr std::size_t kCpu = 0;  // in collector_rows()
constexpr std::size_t kMeminfo = 1;
constexpr Duration kLength = minutes(10);

AgentHealth well() {
    AgentHealth health;
    health.at = {1'000'000'000'000, 0};
    health.resident_bytes = 10U << 20U;
    health.cpu_seconds = 1;
    health.ticks = 10;
    health.samples = 5000;
    health.incidents_opened = 3;
    return health;
}

// A host with a new bundle, looked at once a second.
struct Trial {
    explicit Trial(const AgentHealth& before = well()) : Trial(before, before) {}
    Trial(const AgentHealth& before, const AgentHealth& earlier)
        : now(well()), probation(before, earlier, now) {}

    // Time in which the agent works as it should, but for what the test has set.
    Verdict pass(Duration time) {
        Verdict verdict;
        for (Duration passed; passed < time; passed = passed + seconds(1)) {
            now.at = now.at + seconds(1);
            now.ticks += ticks;
            now.samples += samples;
            now.cpu_seconds += cpu_share;
            now.waited.watch += watch_waits;
            now.waited.cpu += cpu_waits;
            now.waited.memory += memory_waits;
            now.waited.io += io_waits;
            verdict = probation.look(now, seconds(1), kLength);
            if (verdict.end != TrialEnd::GoesOn) return verdict;
        }
        return verdict;
    }

    AgentHealth now;
    Probation probation;
    std::uint64_t ticks = 1;
    std::uint64_t samples = 500;
    double cpu_share = 0.01;
    double watch_waits = 0;  // of each second
    double cpu_waits = 0;
    double memory_waits = 0;
    double io_waits = 0;
};

void check_rolled_back(const Verdict& verdict, std::string_view text) {
    CHECK(verdict.end == TrialEnd::RollBack);
    CHECK(verdict.text == text);
}

}  // namespace

TEST_CASE("probation: an agent that is as well as before keeps the bundle at the end") {
    Trial trial;
    CHECK(trial.pass(kLength - seconds(1)).end == TrialEnd::GoesOn);
    const Verdict verdict = trial.pass(seconds(1));
    CHECK(verdict.end == TrialEnd::Keep);
    CHECK(verdict.text.empty());
}

TEST_CASE("probation: much more memory than before counts at once") {
    Trial trial;
    trial.now.resident_bytes = 200U << 20U;
    check_rolled_back(trial.pass(seconds(1)),
                      "the agent takes 200.0 MiB of memory, 10.0 MiB before");
    AgentHealth large = well();
    large.resident_bytes = 190U << 20U;
    Trial as_before(large);
    as_before.now.resident_bytes = 200U << 20U;
    CHECK(as_before.pass(seconds(1)).end == TrialEnd::GoesOn);
}

TEST_CASE(
    "probation: a collector that never answers any more counts, one that never did does not") {
    AgentHealth before = well();
    before.collectors[kCpu].unknown = true;
    Trial trial(before);
    trial.now.collectors[kCpu] = {.unknown = true, .mute = true};
    trial.now.collectors[kMeminfo] = {.unknown = true};  // it answered: it has lost its source
    CHECK(trial.pass(seconds(30)).end == TrialEnd::GoesOn);
    trial.now.collectors[kMeminfo].mute = true;
    check_rolled_back(trial.pass(seconds(1)), "collectors answer no more: meminfo");
}

TEST_CASE("probation: incidents count against as many as there were in the minutes before") {
    Trial trial;
    trial.now.incidents_opened += kProbationIncidentsMore;
    CHECK(trial.pass(seconds(1)).end == TrialEnd::GoesOn);
    ++trial.now.incidents_opened;
    check_rolled_back(trial.pass(seconds(1)),
                      "11 incidents opened at once, 0 in the minutes before");
    AgentHealth earlier = well();
    earlier.at = earlier.at + Duration{-minutes(5).ns};
    earlier.incidents_opened -= 2;
    Trial noisy(well(), earlier);
    noisy.now.incidents_opened += kProbationIncidentsMore + 2;
    CHECK(noisy.pass(seconds(1)).end == TrialEnd::GoesOn);
}

TEST_CASE("probation: processor time counts once the start has settled, against that before") {
    Trial trial;
    trial.cpu_share = 0.3;
    CHECK(trial.pass(seconds(9)).end == TrialEnd::GoesOn);
    check_rolled_back(trial.pass(seconds(1)), "the agent takes 30 % of a processor, 0 % before");
    AgentHealth earlier = well();
    earlier.at = earlier.at + Duration{-minutes(5).ns};
    AgentHealth before = well();
    before.cpu_seconds += 0.28 * 300;
    Trial dear(before, earlier);
    dear.cpu_share = 0.3;
    CHECK(dear.pass(minutes(1)).end == TrialEnd::GoesOn);
}

TEST_CASE("probation: the pace counts, and collectors that bring nothing") {
    Trial slow;
    slow.ticks = 0;
    CHECK(slow.pass(seconds(9)).end == TrialEnd::GoesOn);
    check_rolled_back(slow.pass(seconds(1)), "the watch fell behind: 0 looks at the host in 10 s");
    Trial blind;
    blind.samples = 0;
    CHECK(blind.pass(seconds(9)).end == TrialEnd::GoesOn);
    check_rolled_back(blind.pass(seconds(1)), "the collectors bring nothing");
}

TEST_CASE(
    "probation: a deadline missed once or twice is an accident, three times in a row a fault") {
    Trial trial;
    for (int i = 0; i < 5; ++i) {  // one miss and then an answer, again and again
        trial.now.collectors[kCpu].misses = 1;
        CHECK(trial.pass(seconds(6)).end == TrialEnd::GoesOn);
        trial.now.collectors[kCpu].misses = 0;
        CHECK(trial.pass(seconds(6)).end == TrialEnd::GoesOn);
    }
    for (std::uint32_t misses = 1; misses <= 2; ++misses) {
        trial.now.collectors[kCpu].misses = misses;
        CHECK(trial.pass(seconds(6)).end == TrialEnd::GoesOn);
    }
    trial.now.collectors[kCpu].misses = 3;
    check_rolled_back(trial.pass(seconds(6)), "collectors are too slow, again and again: cpu");
}

TEST_CASE("probation: a collector that was too slow before is no witness") {
    AgentHealth before = well();
    before.collectors[kCpu].misses = 1;
    Trial trial(before);
    trial.now.collectors[kCpu].misses = 7;
    const Verdict verdict = trial.pass(kLength);
    CHECK(verdict.end == TrialEnd::Keep);
    CHECK(verdict.text.empty());
}

TEST_CASE("probation: a starved host is no witness, and what it hides is looked at afterwards") {
    for (double Trial::*waits :
         {&Trial::watch_waits, &Trial::cpu_waits, &Trial::memory_waits, &Trial::io_waits}) {
        for (const bool recovers : {true, false}) {
            CAPTURE(recovers);
            Trial trial;
            trial.*waits = 0.5;
            trial.ticks = 0;
            trial.samples = 0;
            for (std::uint32_t misses = 1; misses <= 5; ++misses) {
                trial.now.collectors[kCpu].misses = misses;
                CHECK(trial.pass(seconds(20)).end == TrialEnd::GoesOn);
            }
            trial.*waits = 0;
            trial.ticks = 1;
            trial.samples = 500;
            CHECK(trial.pass(seconds(10)).end == TrialEnd::GoesOn);
            trial.now.collectors[kCpu].misses = recovers ? 0 : 8;
            const Verdict verdict = trial.pass(kLength);
            CHECK(verdict.end == (recovers ? TrialEnd::Keep : TrialEnd::RollBack));
            CHECK(verdict.text ==
                  (recovers ? "" : "collectors are too slow, again and again: cpu"));
        }
    }
}

TEST_CASE("probation: in doubt it takes as long again, then the bundle is kept and it is told") {
    Trial trial;
    trial.watch_waits = 0.5;
    trial.now.collectors[kCpu].misses = 4;
    CHECK(trial.pass(kLength + kProbationDoubtMost - seconds(1)).end == TrialEnd::GoesOn);
    const Verdict verdict = trial.pass(seconds(1));
    CHECK(verdict.end == TrialEnd::Keep);
    CHECK(verdict.text == "collectors are too slow, maybe because the host is: cpu");
}

TEST_CASE("probation: many names are a few and a number") {
    Trial trial;
    for (std::size_t i = 0; i < 8; ++i) trial.now.collectors[i] = {.unknown = true, .mute = true};
    check_rolled_back(
        trial.pass(seconds(1)),
        "collectors answer no more: cpu, meminfo, vmstat, loadavg, pressure and 3 more");
}

TEST_CASE("probation: starved is a tenth of the time for the watch, four for the host's programs") {
    const AgentHealth from = well();
    AgentHealth to = from;
    to.waited.watch = 100;
    CHECK_FALSE(is_starved(from, to));  // no time has passed
    to.at = to.at + seconds(10);
    to.waited.watch = 0.9;
    CHECK_FALSE(is_starved(from, to));
    to.waited.watch = 1.1;
    CHECK(is_starved(from, to));
    to.waited.watch = 0;
    to.waited.io = 3.9;
    CHECK_FALSE(is_starved(from, to));
    to.waited.io = 4.1;
    CHECK(is_starved(from, to));
}
