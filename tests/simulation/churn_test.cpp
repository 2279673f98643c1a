// A hundred thousand short-lived units, interfaces and processes pass by the collectors: memory
// stays as it was, slots stay bounded, and what lives longer is still watched.

#include <doctest/doctest.h>

#include <algorithm>

#include "collectors/collector_set.hpp"
#include "collectors/registry.hpp"
#include "core/allocation_guard.hpp"
#include "tests/collectors/fake_process.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_root.hpp"

using namespace homeostat;
using test::FakeProcess;

namespace {

constexpr int kGenerations = 1000;
constexpr int kOfEach = 34;  // three kinds: some hundred thousand things in all
constexpr std::size_t kSeriesMax = 4096;
constexpr Duration kIdleMax = minutes(2);

std::string unit_file(int generation, int i, const char* file) {
    // Every other one a container's.
    const char* const form = i % 2 == 0 ? "job-{}-{}.service" : "docker-{:060x}{:04x}.scope";
    return fmt::format("sys/fs/cgroup/system.slice/{}/{}",
                       fmt::format(fmt::runtime(form), generation, i), file);
}

// Things that exist for one generation, which is five seconds: each collector sees them once.
class ChurningHost {
public:
    ChurningHost() {
        root_.set("proc/stat", "cpu  10 0 10 100 0 0 0 0\ncpu0 10 0 10 100 0 0 0 0\nctxt 5\n");
        root_.set("sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
        root_.set("sys/fs/cgroup/system.slice/keep.service/pids.current", "7\n");
        FakeProcess{.pid = 1, .name = "systemd"}.put(root_);
    }

    void turn(int generation) {
        std::string interfaces =
            "Inter-|   Receive                            |  Transmit\n"
            " face |bytes packets errs drop fifo frame compressed multicast|bytes packets\n"
            "  eth0: 5 5 0 0 0 0 0 0 5 5 0 0 0 0 0 0\n";
        for (int i = 0; i < kOfEach; ++i) {
            root_.remove(unit_file(generation - 1, i, "pids.current"));
            root_.set(unit_file(generation, i, "pids.current"), "3\n");
            interfaces +=
                fmt::format("  if{}x{}: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n", generation, i);
            process_of(generation - 1, i).remove(root_);
            process_of(generation, i).put(root_);
        }
        root_.set("proc/net/dev", interfaces);
    }

    [[nodiscard]] const Root& root() const { return root_; }

private:
    static FakeProcess process_of(int generation, int i) {
        return {.pid = 100 + (generation + 1) * kOfEach + i,
                .name = fmt::format("job{}", generation % 100),
                .start_ticks = static_cast<std::uint64_t>(generation + 1)};
    }

    test::MemoryRoot root_;
};

}  // namespace

TEST_CASE("churn: a hundred thousand short-lived things leave memory flat and slots bounded") {
    ChurningHost host;
    test::ManualClock clock;
    Workbench bench;
    SeriesTable table(kSeriesMax);
    Samples samples(table, kSeriesMax);
    CollectorSet set;
    for (const char* name : {"cpu", "netdev", "processes", "process_health", "units"}) {
        const CollectorRow* row = find_collector(name);
        REQUIRE(row != nullptr);
        set.add(name, row->interval, row->make(bench));
    }
    std::size_t most = 0;
    std::uint64_t allocations = 0;
    for (int generation = 0; generation < kGenerations; ++generation) {
        host.turn(generation);
        for (int tick = 0; tick < 5; ++tick) {
            samples.begin(clock.now());
            bench.events().begin();
            const AllocationGuard guard;
            set.run(host.root(), clock, samples);
            table.evict_older_than(kIdleMax, clock.now());
            allocations += guard.count();
            clock.advance(seconds(1));
        }
        most = std::max(most, table.size());
    }
    CHECK(allocations == 0);
    CHECK(table.evicted() > 100'000);
    CHECK(most <= kSeriesMax);
    // What stays is watched to the end.
    const Subject kept{.kind = SubjectKind::Unit, .name = "keep.service"};
    CHECK(table.find("unit_tasks_count", kept));
    CHECK(table.find("network_receive_bytes", {.kind = SubjectKind::Interface, .name = "eth0"}));
    // Two minutes after the storm its slots are free again.
    clock.advance(kIdleMax);
    samples.begin(clock.now());
    set.run(host.root(), clock, samples);
    table.evict_older_than(kIdleMax, clock.now());
    CHECK(table.size() < 600);
}
