#include "collectors/registry.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "collectors/collector_set.hpp"
#include "core/allocation_guard.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

namespace {

constexpr const char* kHosts[] = {"debian12-6.1", "kernel-4.18", "container-6.18", "storage-5.15",
                                  "hybrid-5.10"};

// What statvfs(3) says on every fixture host.
void give_filesystems(test::MemoryRoot& root) {
    const FilesystemUsage usage{.size_bytes = 100'000'000'000,
                                .free_bytes = 30'000'000'000,
                                .available_bytes = 25'000'000'000,
                                .files = 6'000'000,
                                .files_free = 4'500'000,
                                .read_only = false};
    for (const char* mount : {"", "run", "dev", "dev/shm", "boot", "srv", "mnt/my backup"}) {
        root.set_usage(mount, usage);
    }
}

void add_all(CollectorSet& set, Workbench& bench) {
    for (const CollectorRow& row : collector_rows())
        set.add(row.name, row.interval, row.make(bench));
}

std::string sorted_samples(const Samples& samples) {
    std::vector<std::string> lines;
    for (const Sample& sample : samples.all()) {
        const SeriesInfo& series = samples.table().info(sample.series);
        lines.push_back(fmt::format(
            "{} {} {} {} {}\n", series.metric, name_of(series.kind), name_of(series.subject.kind),
            series.subject.name.empty() ? "-" : series.subject.name.view(), sample.value));
    }
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const std::string& line : lines) text += line;
    return text;
}

}  // namespace

TEST_CASE("registry: rows are complete, named once, and their metrics are nobody else's") {
    std::set<std::string_view> names;
    std::set<std::string_view> metrics;
    for (const CollectorRow& row : collector_rows()) {
        CAPTURE(row.name);
        CHECK(names.insert(row.name).second);
        CHECK_FALSE(row.summary.empty());
        CHECK(row.interval >= seconds(1));
        CHECK_FALSE(row.metrics.empty());
        for (const Metric& metric : row.metrics) {
            CAPTURE(metric.name);
            CHECK(metrics.insert(metric.name).second);
            CHECK(metric.name.size() <= 63);
            CHECK(std::all_of(metric.name.begin(), metric.name.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
            }));
        }
        CHECK(find_collector(row.name) == &row);
    }
    CHECK(find_collector("nonesuch") == nullptr);
}

// To renew after a change that is meant: HOMEOSTAT_UPDATE_GOLDEN=1 test_collectors, then read the
// difference.
TEST_CASE("registry: every fixture host gives exactly its golden samples") {
    for (const char* host : kHosts) {
        CAPTURE(host);
        auto root = test::load_host(host);
        give_filesystems(root);
        Watch watch;
        CollectorSet set;
        add_all(set, watch.bench);
        watch.samples.begin(watch.clock.now());
        set.run(root, watch.clock, watch.samples);
        const std::string seen = sorted_samples(watch.samples);
        const std::string golden = std::string("tests/fixtures/hosts/") + host + ".samples";
        if (std::getenv("HOMEOSTAT_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << seen;
        CHECK(seen == test::read_text(golden));
        CHECK(watch.samples.dropped() == 0);
    }
}

TEST_CASE("registry: what a collector reports is in its row") {
    for (const char* host : kHosts) {
        auto root = test::load_host(host);
        give_filesystems(root);
        for (const CollectorRow& row : collector_rows()) {
            Watch watch;
            const auto collector = row.make(watch.bench);
            (void)watch.collect(*collector, root);
            for (const Sample& sample : watch.samples.all()) {
                const SeriesInfo& series = watch.table.info(sample.series);
                CAPTURE(series.metric.view());
                CHECK(
                    std::any_of(row.metrics.begin(), row.metrics.end(), [&](const Metric& metric) {
                        return metric.name == series.metric && metric.kind == series.kind &&
                               metric.unit == series.unit && metric.aspect == series.aspect;
                    }));
            }
        }
    }
}

TEST_CASE("registry: a thousand ticks over a whole host allocate nothing after the first") {
    auto root = test::load_host("debian12-6.1");
    give_filesystems(root);
    Watch watch;
    CollectorSet set;
    add_all(set, watch.bench);
    const auto tick = [&] {
        watch.samples.begin(watch.clock.now());
        set.run(root, watch.clock, watch.samples);
        watch.clock.advance(seconds(1));
    };
    tick();
    const AllocationGuard guard;
    for (int i = 0; i < 1000; ++i) tick();
    CHECK(guard.count() == 0);
    CHECK(watch.table.refused() == 0);
}

TEST_CASE("registry: the same from a real directory, with files kept open") {
    const auto root = DirectoryRoot::open("tests/fixtures/hosts/debian12-6.1");
    REQUIRE(root);
    Watch watch;
    CollectorSet set;
    add_all(set, watch.bench);
    const auto tick = [&] {
        watch.samples.begin(watch.clock.now());
        set.run(*root, watch.clock, watch.samples);
        watch.clock.advance(seconds(1));
    };
    tick();
    CHECK(set.find("cpu")->state == CollectorState::Ok);
    CHECK(set.find("processes")->state == CollectorState::Ok);
    const AllocationGuard guard;
    for (int i = 0; i < 1000; ++i) tick();
    CHECK(guard.count() == 0);
}

TEST_CASE("registry: 100,000 short-lived units and interfaces leave memory as it was") {
    constexpr int kTicks = 1000;
    constexpr int kNewEachTick = 100;
    auto root = test::load_host("debian12-6.1");
    give_filesystems(root);
    SeriesTable table(2000);
    Samples samples(table, 4096);
    Watch watch;
    CollectorSet set;
    add_all(set, watch.bench);
    const auto unit = [](int tick, int i) {
        return fmt::format("sys/fs/cgroup/system.slice/job-{}-{}.service/pids.current", tick, i);
    };
    const std::string net_dev = test::read_text("tests/fixtures/hosts/debian12-6.1/proc/net/dev");
    std::uint64_t allocations = 0;
    for (int tick = 0; tick < kTicks; ++tick) {
        std::string interfaces = net_dev;
        for (int i = 0; i < kNewEachTick; ++i) {
            root.set(unit(tick, i), "1\n");
            if (tick > 0) root.remove(unit(tick - 1, i));
            if (i > 0) continue;
            interfaces += fmt::format(" veth{}: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n", tick);
        }
        root.set("proc/net/dev", interfaces);
        const AllocationGuard guard;
        samples.begin(watch.clock.now());
        set.run(root, watch.clock, samples);
        if (tick % 60 == 0) table.evict_older_than(minutes(15), watch.clock.now());
        if (tick > 0) allocations += guard.count();
        watch.clock.advance(seconds(1));
    }
    CHECK(allocations == 0);
    CHECK(table.size() <= table.slots_max());
    CHECK(table.refused() > 0);  // counted: `homeostat status` shows it
    // The lasting series keep their slots however many come and go.
    CHECK(samples.value("cpu_user_seconds"));
    CHECK(table.find("unit_memory_bytes", {.kind = SubjectKind::Unit, .name = "cron.service"}));
}

TEST_CASE("registry: an empty host leaves everything out and reports no sample") {
    Watch watch;
    const test::MemoryRoot root;
    for (const CollectorRow& row : collector_rows()) {
        CAPTURE(row.name);
        const auto collector = row.make(watch.bench);
        CHECK_FALSE(watch.collect(*collector, root));
        CHECK(watch.samples.all().empty());
    }
}
