#include "collectors/collector_set.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "collectors/registry.hpp"
#include "core/allocation_guard.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_root.hpp"

using namespace homeostat;

namespace {

constexpr Metric kMetric{"x", Unit::None, MetricKind::Gauge, Aspect::Other};

// Does what it is told.
class Told final : public Collector {
public:
    using Act = std::function<Status(Samples&)>;
    explicit Told(Act act) : act_(std::move(act)) {}
    Status collect(const Root&, Samples& out) override { return act_(out); }
    [[nodiscard]] std::string_view limit() const override { return limits; }

    std::string_view limits;

private:
    Act act_;
};

struct Bench {
    test::MemoryRoot root;
    test::ManualClock clock;
    SeriesTable table{64};
    Samples samples{table, 64};
    Events events{64};
    CollectorSet set;

    Bench() { root.set("proc/stat", "cpu  1 2 3 4\n"); }
    void add(std::string_view name, Duration interval, Told::Act act) {
        set.add(name, interval, std::make_unique<Told>(std::move(act)));
    }
    void tick(Duration step = seconds(1)) {
        samples.begin(clock.now());
        events.begin();
        set.run(root, clock, samples, &events);
        clock.advance(step);
    }
    CollectorState state(std::string_view name) { return set.find(name)->state; }
    // The names of all news, in order.
    std::string news() {
        std::string names;
        while (const CollectorStatus* status = set.next_news()) {
            names += std::string(status->name) + ":" + std::string(name_of(status->state)) + " ";
        }
        return names;
    }
};

}  // namespace

TEST_CASE("collector set: each runs at its own interval, all at the first tick") {
    Bench bench;
    int every = 0;
    int third = 0;
    bench.add("every", seconds(1), [&](Samples&) { return ++every, Ok{}; });
    bench.add("third", seconds(3), [&](Samples&) { return ++third, Ok{}; });
    bench.tick();
    CHECK(every == 1);
    CHECK(third == 1);
    for (int i = 0; i < 9; ++i) bench.tick();
    CHECK(every == 10);
    CHECK(third == 4);  // its second round is moved off the first's tick
    CHECK(bench.set.find("every")->runs == 10);
    CHECK(bench.set.find("nobody") == nullptr);
}

TEST_CASE("collector set: ticks that come late do not add up, a long sleep is not caught up") {
    Bench bench;
    int runs = 0;
    bench.add("a", seconds(1), [&](Samples&) { return ++runs, Ok{}; });
    for (int i = 0; i < 10; ++i) bench.tick(milliseconds(1003));
    CHECK(runs == 10);
    bench.clock.advance(hours(1));
    bench.tick();
    bench.tick();
    CHECK(runs == 12);
}

TEST_CASE("collector set: one that fails does not stop the others, and is unknown") {
    Bench bench;
    bench.add("bad", seconds(1), [](Samples&) -> Status {
        return make_error(Errc::Parse, "proc/bad: expected sense");
    });
    bench.add("good", seconds(1), [](Samples& out) { return out.add(kMetric, 1), Ok{}; });
    bench.tick();
    bench.tick();
    CHECK(bench.state("bad") == CollectorState::Unknown);
    CHECK(bench.set.find("bad")->errors == 2);
    CHECK(bench.set.find("bad")->reason == "proc/bad: expected sense");
    CHECK(bench.state("good") == CollectorState::Ok);
    CHECK(bench.set.find("good")->samples_last == 1);
    CHECK(bench.samples.value("x"));
}

TEST_CASE("collector set: a reason is news once, and so is the recovery from it") {
    Bench bench;
    const char* wrong = nullptr;
    bench.add("a", seconds(1), [&](Samples&) -> Status {
        if (wrong == nullptr) return Ok{};
        return make_error(Errc::Denied, "{}", wrong);
    });
    bench.tick();
    CHECK(bench.news().empty());  // a good start is no news
    wrong = "locked";
    bench.tick();
    CHECK(bench.news() == "a:unknown ");
    bench.tick();
    CHECK(bench.news().empty());
    wrong = "bolted";
    bench.tick();
    CHECK(bench.news() == "a:unknown ");
    wrong = nullptr;
    bench.tick();
    CHECK(bench.news() == "a:ok ");
    wrong = "locked";  // flaps within the hour: said already
    bench.tick();
    wrong = nullptr;
    bench.tick();
    CHECK(bench.news().empty());
    bench.clock.advance(hours(1));
    wrong = "locked";
    bench.tick();
    CHECK(bench.news() == "a:unknown ");
}

TEST_CASE("collector set: a source that the host lacks is off, said once, and looked for again") {
    Bench bench;
    int runs = 0;
    bool there = false;
    bench.add("a", seconds(1), [&](Samples&) -> Status {
        ++runs;
        if (there) return Ok{};
        return make_error(Errc::NotAvailable, "proc/a: no such file");
    });
    for (int i = 0; i < 100; ++i) bench.tick();
    CHECK(runs == 1);
    CHECK(bench.state("a") == CollectorState::Off);
    CHECK(bench.news() == "a:off ");
    CHECK(bench.set.find("a")->errors == 0);
    there = true;
    bench.clock.advance(minutes(10));
    bench.tick();
    bench.tick();
    CHECK(runs == 3);
    CHECK(bench.news() == "a:ok ");
}

TEST_CASE(
    "collector set: who overruns the deadline is skipped, longer each time, until it is quick") {
    Bench bench;
    int runs = 0;
    bool slow = true;
    bench.add("a", seconds(1), [&](Samples&) -> Status {
        ++runs;
        if (slow) bench.clock.advance(milliseconds(501));
        return Ok{};
    });
    bench.tick();
    CHECK(bench.state("a") == CollectorState::Failing);
    CHECK(bench.news() == "a:failing ");
    CHECK(bench.set.find("a")->overruns == 1);
    CHECK(bench.set.find("a")->reason == "took longer than its 500 ms: quarantined");
    CHECK(bench.set.find("a")->took_last == milliseconds(501));
    for (int i = 0; i < 3600; ++i) bench.tick();
    CHECK(runs < 16);  // 2, 4, 8 ... 512, then every 600 s
    CHECK(runs > 10);
    slow = false;
    for (int i = 0; i < 700; ++i) bench.tick();
    CHECK(bench.state("a") == CollectorState::Ok);
    const int before = runs;
    for (int i = 0; i < 10; ++i) bench.tick();
    CHECK(runs == before + 10);
}

TEST_CASE("collector set: one that is dear runs less often, a single slow run changes nothing") {
    Bench bench;
    int runs = 0;
    Duration cost = milliseconds(1);
    bench.add("a", seconds(1), [&](Samples&) -> Status {
        ++runs;
        bench.clock.advance(cost);
        return Ok{};
    });
    for (int i = 0; i < 10; ++i) bench.tick();
    CHECK(runs == 10);
    cost = milliseconds(300);
    bench.tick();  // preempted, say
    cost = milliseconds(1);
    for (int i = 0; i < 10; ++i) bench.tick();
    CHECK(runs == 21);
    CHECK(bench.set.find("a")->interval == seconds(1));
    cost = milliseconds(50);
    for (int i = 0; i < 60; ++i) bench.tick();
    CHECK(bench.set.find("a")->interval == seconds(5));
    runs = 0;
    for (int i = 0; i < 100; ++i) bench.tick();
    CHECK(runs == 20);
    CHECK(bench.state("a") == CollectorState::Ok);
    cost = milliseconds(1);
    for (int i = 0; i < 10; ++i) bench.tick();
    CHECK(bench.set.find("a")->interval == seconds(1));
}

TEST_CASE("collector set: names stay valid however many are added, and states have names") {
    Bench bench;
    for (int i = 0; i < 40; ++i) {
        bench.add("n" + std::to_string(i), seconds(1), [](Samples&) { return Ok{}; });
    }
    for (int i = 0; i < 40; ++i) {
        CHECK(bench.set.statuses()[static_cast<std::size_t>(i)].name == "n" + std::to_string(i));
    }
    CHECK(name_of(CollectorState::Waiting) == "waiting");
    CHECK(bench.set.statuses()[0].state == CollectorState::Waiting);
}

TEST_CASE("collector set: failing allocates nothing") {
    Bench bench;
    int n = 0;
    bench.add("a", seconds(1),
              [&](Samples&) -> Status { return make_error(Errc::Parse, "reason number {}", ++n); });
    bench.tick();
    const AllocationGuard guard;
    for (int i = 0; i < 100; ++i) {
        bench.tick();
        (void)bench.set.next_news();
    }
    CHECK(guard.count() == 0);
}

TEST_CASE("collector set: without /proc nothing is known, and that is said once") {
    Bench bench;
    bench.root.remove("proc/stat");
    bool lacking = true;
    for (const char* name : {"cpu", "memory", "disks"}) {
        bench.add(name, seconds(1), [&](Samples&) -> Status {
            if (lacking) return make_error(Errc::NotAvailable, "no such file");
            return Ok{};
        });
    }
    for (int i = 0; i < 5; ++i) bench.tick();
    for (const char* name : {"cpu", "memory", "disks"}) {
        CHECK(bench.state(name) == CollectorState::Unknown);
        CHECK(bench.set.find(name)->reason.view().starts_with("there is no /proc"));
    }
    CHECK(bench.news() == "cpu:unknown ");
    bench.root.set("proc/stat", "cpu  1 2 3 4\n");
    lacking = false;
    bench.tick();  // at once: it is not looked for every ten minutes only
    CHECK(bench.state("disks") == CollectorState::Ok);
}

TEST_CASE("collector set: a source that worked and is lost is an event, and so is its return") {
    Bench bench;
    bool good = true;
    bench.add("disks", seconds(1), [&](Samples&) -> Status {
        if (!good) return make_error(Errc::Denied, "no permission");
        return Ok{};
    });
    bench.add("never", seconds(1),
              [&](Samples&) -> Status { return make_error(Errc::Denied, "never had one"); });
    bench.set.add("exporter", seconds(1), std::make_unique<Told>([&](Samples&) -> Status {
                      if (!good) return make_error(Errc::Io, "refused");
                      return Ok{};
                  }),
                  CollectorSet::kDeadline, CollectorSet::Kind::Exporter);
    std::vector<std::string> told;
    const auto ticks = [&](int count) {
        for (int i = 0; i < count; ++i) {
            bench.tick();
            for (const Event& event : bench.events.all()) {
                told.push_back(fmt::format("{} {}", name_of(event.kind), event.text));
            }
        }
    };
    ticks(10);
    good = false;
    ticks(50);  // a short outage is none
    good = true;
    ticks(1);
    CHECK(told.empty());
    good = false;
    ticks(90);
    REQUIRE(told.size() == 1);
    CHECK(told[0] == "source_lost disks is unknown: no permission");
    ticks(300);  // again while it lasts
    CHECK(told.size() == 2);
    good = true;
    ticks(10);
    REQUIRE(told.size() == 3);
    CHECK(told[2] == "source_back disks is known again");
}

TEST_CASE("collector set: beyond the budget they are slowed in the published order, and recover") {
    Bench bench;
    Duration dear = milliseconds(60);
    const auto takes = [&](const Duration& took) {
        return [&bench, &took](Samples&) -> Status {
            bench.clock.advance(took);
            return Ok{};
        };
    };
    const Duration cheap = milliseconds(2);
    bench.add("cpu", seconds(1), takes(cheap));
    bench.add("processes", seconds(10), takes(dear));
    bench.add("deleted_files", seconds(10), takes(dear));
    bench.set.set_budget(0.008);
    for (int i = 0; i < 200; ++i) bench.tick();
    // 0.2 % for the CPU and 0.6 % each for the others: the first in the order pays.
    CHECK(bench.set.find("deleted_files")->slowed == 16);
    CHECK(bench.set.find("processes")->slowed == 2);
    CHECK(bench.set.find("cpu")->slowed == 1);
    CHECK(bench.set.find("cpu")->interval == seconds(1));
    CHECK(bench.set.load() <= 0.008);
    dear = milliseconds(1);
    for (int i = 0; i < 1500; ++i) bench.tick();
    CHECK(bench.set.find("deleted_files")->slowed == 1);
    CHECK(bench.set.find("processes")->interval == seconds(10));
}

TEST_CASE("collector set: what one does not see although it works is told once, and stands") {
    Bench bench;
    auto collector = std::make_unique<Told>([](Samples&) { return Ok{}; });
    Told& told = *collector;
    bench.set.add("journald", seconds(1), std::move(collector));
    bench.tick();
    CHECK(bench.news().empty());
    told.limits = "some messages cannot be read";
    bench.tick();
    CHECK(bench.news() == "journald:ok ");
    for (int i = 0; i < 7200; ++i) bench.tick();
    CHECK(bench.news().empty());
    CHECK(bench.set.find("journald")->reason == "some messages cannot be read");
    CHECK(bench.state("journald") == CollectorState::Ok);
    told.limits = {};
    bench.tick();
    CHECK(bench.set.find("journald")->reason.empty());
    CHECK(bench.news().empty());
}

TEST_CASE("collector set: who is slowed down first is a list of collectors that there are") {
    for (const std::string_view name : CollectorSet::degrade_order()) {
        CAPTURE(std::string(name));
        CHECK(find_collector(name) != nullptr);
    }
}
