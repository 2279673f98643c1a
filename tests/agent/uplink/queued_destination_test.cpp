#include "agent/uplink/queued_destination.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>

#include "agent/incidents/incident_proto.hpp"
#include "tests/agent/uplink/memory_spool_files.hpp"
#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;

namespace {

// What an exporter was given, and what it is to answer.
struct Script {
    std::vector<std::vector<Incident>> batches;
    std::vector<std::uint64_t> lost;
    std::deque<Outcome> answers;
    std::function<Outcome(const std::vector<Incident>&)> judge;  // instead of answers
    std::size_t records_max = 4;
    std::size_t fits = 1000;
    bool remote = true;
};

class ScriptedExporter final : public Exporter {
public:
    explicit ScriptedExporter(Script& script) : script_(script) {}
    void begin() override { batch_.clear(); }
    bool add(const Incident& incident, const Gap& gap, Instant) override {
        if (batch_.size() == script_.fits) return false;
        batch_.push_back(incident);
        script_.lost.push_back(gap.lost);
        return true;
    }
    Outcome send(Instant) override {
        script_.batches.push_back(batch_);
        if (script_.judge) return script_.judge(batch_);
        if (script_.answers.empty()) {
            Outcome advance;
            advance.verdict = Verdict::Advance;
            return advance;
        }
        Outcome outcome = script_.answers.front();
        script_.answers.pop_front();
        return outcome;
    }
    std::size_t records_max() const override { return script_.records_max; }
    bool is_remote() const override { return script_.remote; }

private:
    Script& script_;
    std::vector<Incident> batch_;
};

Outcome outcome(Verdict verdict, int status = 0, const char* message = "") {
    Outcome outcome;
    outcome.verdict = verdict;
    outcome.status = status;
    outcome.message = message;
    return outcome;
}

// A spool in memory, one destination, and a clock.
struct Bench {
    explicit Bench(Duration spread = {}, Severity severity_min = Severity::Info)
        : spool({.segment_bytes = 256U << 10U, .segments = {2, 2, 2}}, files, 1) {
        make(spread, severity_min);
    }

    void make(Duration spread = {}, Severity severity_min = Severity::Info) {
        destination = std::make_unique<QueuedDestination>(
            QueueSettings{.name = "test",
                          .first_send_spread = spread,
                          .batch_interval = milliseconds(50),
                          .severity_min = severity_min},
            spool, std::make_unique<ScriptedExporter>(script), 7, clock.now());
    }

    void add(const Incident& incident) {
        std::string bytes;
        encode_incident(incident, bytes);
        spool.add(spool_class_of(incident), bytes);
        REQUIRE(spool.commit(clock.now()));
    }
    void add_many(std::uint64_t count) {
        for (std::uint64_t i = 1; i <= count; ++i) add(test::sample_incident(i));
    }
    // Steps at each due time until the queue is empty or `patience` is over.
    void run_for(Duration patience) {
        const Instant end = clock.now() + patience;
        while (destination->next_due() <= end) {
            if (clock.now() < destination->next_due()) {
                clock.advance(destination->next_due() - clock.now());
            }
            destination->step(clock.now());
        }
        clock.advance(end - clock.now());
    }

    test::MemorySpoolFiles files;
    test::ManualClock clock;
    Spool spool;
    Script script;
    std::unique_ptr<QueuedDestination> destination;
};

}  // namespace

TEST_CASE("queue: records are sent in batches, in order, and then it is idle") {
    Bench bench;
    bench.add_many(10);
    bench.run_for(seconds(5));
    REQUIRE(bench.script.batches.size() == 3);
    CHECK(bench.script.batches[0].size() == 4);
    CHECK(bench.script.batches[2].size() == 2);
    CHECK(bench.script.batches[1][0].id == test::sample_incident(5).id);
    const DestinationStatus status = bench.destination->status();
    CHECK(status.sent == 10);
    CHECK(status.queued == 0);
    CHECK(status.requests == 3);
    CHECK(status.state == DestinationState::Ok);
    CHECK(status.last_success_ns > 0);
    CHECK(bench.destination->next_due().monotonic_ns == INT64_MAX);
}

TEST_CASE("queue: nothing is sent before the first-send spread is over, unless it stays here") {
    Bench bench(seconds(30));
    bench.add_many(1);
    const Duration wait = bench.destination->next_due() - bench.clock.now();
    CHECK(wait > Duration{});
    CHECK(wait < seconds(30));
    bench.destination->step(bench.clock.now());
    CHECK(bench.script.batches.empty());
    bench.run_for(seconds(30));
    CHECK(bench.script.batches.size() == 1);

    bench.script.remote = false;
    bench.make(seconds(30));
    bench.add(test::sample_incident(2));
    CHECK(bench.destination->next_due() <= bench.clock.now());
}

TEST_CASE("queue: a failure that passes is retried with growing waits, and nothing is lost") {
    Bench bench;
    bench.add_many(3);
    for (int i = 0; i < 6; ++i)
        bench.script.answers.push_back(outcome(Verdict::Retry, 503, "busy"));
    bench.destination->step(bench.clock.now());
    CHECK(bench.destination->status().state == DestinationState::Waiting);
    CHECK(bench.destination->status().last_error == "busy");
    CHECK(bench.destination->status().queued == 3);
    CHECK(bench.destination->next_due() - bench.clock.now() >= seconds(1));
    bench.run_for(hours(1));
    REQUIRE(bench.script.batches.size() == 7);
    for (const auto& batch : bench.script.batches) {
        REQUIRE(batch.size() == 3);
        CHECK(batch[0].id == test::sample_incident(1).id);
    }
    CHECK(bench.destination->status().sent == 3);
    CHECK(bench.destination->status().failures == 6);
    CHECK(bench.destination->status().codes.at(503) == 6);
    CHECK(bench.destination->status().last_error.empty());
}

TEST_CASE("queue: Retry-After is waited for") {
    Bench bench;
    bench.add_many(1);
    Outcome busy = outcome(Verdict::Retry, 429, "slow down");
    busy.retry_after = minutes(20);
    bench.script.answers.push_back(busy);
    bench.destination->step(bench.clock.now());
    CHECK(bench.destination->next_due() - bench.clock.now() == minutes(20));
}

TEST_CASE("queue: a wrong token keeps the queue and is probed each five minutes") {
    Bench bench;
    bench.add_many(2);
    for (int i = 0; i < 12; ++i)
        bench.script.answers.push_back(outcome(Verdict::Hold, 401, "who?"));
    bench.run_for(minutes(59));
    CHECK(bench.script.batches.size() == 12);
    CHECK(bench.destination->status().state == DestinationState::Holding);
    CHECK(bench.destination->status().queued == 2);
    bench.run_for(minutes(2));
    CHECK(bench.destination->status().sent == 2);
}

TEST_CASE("queue: one record that a server refuses is found by halving and dropped alone") {
    for (const std::uint64_t bad : {1U, 23U, 64U}) {
        CAPTURE(bad);
        Bench bench;
        bench.script.records_max = 64;
        bench.add_many(64);
        bench.script.judge = [&](const std::vector<Incident>& batch) {
            const bool refused =
                std::any_of(batch.begin(), batch.end(), [&](const Incident& incident) {
                    return incident.id == test::sample_incident(bad).id;
                });
            if (!refused) return outcome(Verdict::Advance, 200);
            return outcome(batch.size() > 1 ? Verdict::Halve : Verdict::Drop, 400, "bad record");
        };
        bench.run_for(minutes(5));
        CHECK(bench.destination->status().sent == 63);
        CHECK(bench.destination->status().dropped == 1);
        CHECK(bench.destination->status().queued == 0);
        CHECK(bench.script.batches.size() < 25);
    }
}

TEST_CASE("queue: a batch that is refused for good is dropped and counted, not too fast") {
    Bench bench;
    bench.add_many(8);
    bench.script.answers.push_back(outcome(Verdict::Drop, 500, "no"));
    bench.destination->step(bench.clock.now());
    CHECK(bench.destination->status().dropped == 4);
    CHECK(bench.destination->status().queued == 4);
    CHECK(bench.destination->status().state == DestinationState::Failing);
    CHECK(bench.destination->next_due() - bench.clock.now() >= seconds(1));
    bench.run_for(minutes(1));
    CHECK(bench.destination->status().sent == 4);
}

TEST_CASE("queue: what the server refused of a batch is counted apart") {
    Bench bench;
    bench.add_many(4);
    Outcome partly = outcome(Verdict::Advance, 200, "1 of 4 records refused: too old");
    partly.rejected = 1;
    bench.script.answers.push_back(partly);
    bench.destination->step(bench.clock.now());
    CHECK(bench.destination->status().sent == 3);
    CHECK(bench.destination->status().rejected == 1);
    CHECK(bench.destination->status().queued == 0);
    CHECK(bench.destination->status().last_error == "1 of 4 records refused: too old");
}

TEST_CASE("queue: a record that does not fit goes into the next batch") {
    Bench bench;
    bench.script.fits = 2;
    bench.add_many(5);
    bench.run_for(seconds(5));
    REQUIRE(bench.script.batches.size() == 3);
    CHECK(bench.script.batches[1][0].id == test::sample_incident(3).id);
    CHECK(bench.destination->status().sent == 5);
}

TEST_CASE("queue: records that nobody can read are passed over and counted") {
    Bench bench;
    bench.add(test::sample_incident(1));
    bench.spool.add(SpoolClass::Critical, "no incident at all");
    REQUIRE(bench.spool.commit(bench.clock.now()));
    bench.add(test::sample_incident(2));
    bench.run_for(seconds(5));
    CHECK(bench.destination->status().sent == 2);
    CHECK(bench.destination->status().dropped == 1);
    bench.spool.add(SpoolClass::Critical, "nor this");
    REQUIRE(bench.spool.commit(bench.clock.now()));
    bench.run_for(seconds(5));
    CHECK(bench.destination->status().dropped == 2);
    CHECK(bench.destination->status().queued == 0);
    CHECK(bench.script.batches.size() == 1);
}

TEST_CASE("queue: what is below its severity is passed over without a request") {
    Bench bench({}, Severity::Error);
    bench.add_many(5);
    Incident worse = test::sample_incident(9);
    worse.peak_severity = Severity::Critical;
    bench.add(worse);
    bench.run_for(seconds(5));
    REQUIRE(bench.script.batches.size() == 1);
    CHECK(bench.script.batches[0].size() == 1);
    CHECK(bench.destination->status().queued == 0);
}

TEST_CASE("queue: a restart repeats at most what was not acknowledged") {
    Bench bench;
    bench.add_many(10);
    bench.destination->step(bench.clock.now());
    bench.files.restart();
    Spool spool({.segment_bytes = 256U << 10U, .segments = {2, 2, 2}}, bench.files, 2);
    Script script;
    QueuedDestination again({.name = "test", .first_send_spread = {}, .batch_interval = {}}, spool,
                            std::make_unique<ScriptedExporter>(script), 8, bench.clock.now());
    again.step(bench.clock.now());
    REQUIRE(script.batches.size() == 1);
    CHECK(script.batches[0][0].id == test::sample_incident(5).id);
}

TEST_CASE("queue: seven days of outage, and then everything arrives") {
    Bench bench;
    bench.script.records_max = 64;
    bench.script.answers.assign(100'000, outcome(Verdict::Retry, 0, "connection refused"));
    const Instant start = bench.clock.now();
    std::uint64_t made = 0;
    while (bench.clock.now() - start < hours(24 * 7)) {
        bench.add(test::sample_incident(++made));
        bench.run_for(hours(1));
    }
    CHECK(bench.destination->status().queued == made);
    // Full jitter up to five minutes is 2.5 minutes in the middle: some 4,000 tries a week.
    CHECK(bench.destination->status().requests > 3000);
    CHECK(bench.destination->status().requests < 6000);
    bench.script.answers.clear();
    bench.run_for(minutes(10));
    CHECK(bench.destination->status().queued == 0);
    CHECK(bench.destination->status().sent == made);
    CHECK(bench.destination->status().lost == 0);
}

TEST_CASE("queue: a server that is away for a week costs nothing but the wait") {
    Bench bench;
    constexpr std::uint64_t kDays = 7;
    bool up = false;
    bench.script.judge = [&](const std::vector<Incident>&) {
        return up ? outcome(Verdict::Advance, 200) : outcome(Verdict::Retry, 0, "no answer");
    };
    std::uint64_t number = 0;
    for (std::uint64_t day = 0; day < kDays; ++day) {
        for (int hour = 0; hour < 24; ++hour) {
            bench.add(test::sample_incident(++number));
            bench.run_for(hours(1));
        }
        bench.make();  // the agent is started anew each night
    }
    // Backing off to 5 minutes with full jitter is 2.5 minutes on average.
    CHECK(bench.script.batches.size() < kDays * 24 * 60);
    CHECK(bench.script.batches.size() > kDays * 24 * 12 / 2);
    CHECK(bench.destination->status().queued == number);
    CHECK(bench.destination->status().lost == 0);

    up = true;
    bench.script.batches.clear();
    bench.run_for(minutes(6));
    std::uint64_t expected = 0;
    for (const auto& batch : bench.script.batches) {
        for (const Incident& incident : batch) {
            CHECK(incident.id == test::sample_incident(++expected).id);
        }
    }
    CHECK(expected == number);
    CHECK(bench.destination->status().queued == 0);
    CHECK(bench.destination->status().lost == 0);
}
