#include "collectors/process_table.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/collectors/fake_process.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::FakeProcess;

namespace {

struct Bench {
    test::MemoryRoot root;
    test::ManualClock clock;
    ProcessTable table{64, 4096};
    std::vector<char> buffer = std::vector<char>(65536);

    ProcessCounts scan() {
        const auto counts = table.scan(root, buffer, clock.now());
        REQUIRE(counts);
        return *counts;
    }
    ProcessList top(ProcessOrder order) { return table.top(order, root, buffer); }
};

}  // namespace

TEST_CASE("process table: counts what a whole host runs") {
    Bench bench;
    bench.root = test::load_host("debian12-6.1");
    const ProcessCounts counts = bench.scan();
    CHECK(counts.processes == 7);
    CHECK(counts.threads == 12);
    CHECK(counts.uninterruptible == 1);
    CHECK(counts.zombies == 1);
    CHECK(counts.untracked == 0);
    CHECK_FALSE(counts.others_hidden);
}

TEST_CASE("process table: rates are what two passes differ by") {
    Bench bench;
    FakeProcess init;
    FakeProcess busy{.pid = 10, .name = "busy", .cgroup = "0::/system.slice/busy.service\n"};
    FakeProcess big{.pid = 20, .name = "big", .rss_pages = 5000};
    for (const auto* process : {&init, &busy, &big}) process->put(bench.root);
    bench.scan();
    CHECK(bench.top(ProcessOrder::Cpu).empty());  // one look says nothing of rates
    REQUIRE(bench.top(ProcessOrder::Rss).size() == 3);
    CHECK(bench.top(ProcessOrder::Rss)[0].name == "big");

    bench.clock.advance(seconds(5));
    busy.cpu_ticks = 250;
    busy.written_bytes = 5'000'000;
    busy.put(bench.root);
    big.rss_pages = 6000;
    big.put(bench.root);
    bench.scan();

    const ProcessList by_cpu = bench.top(ProcessOrder::Cpu);
    REQUIRE(by_cpu.size() == 1);
    CHECK(by_cpu[0].pid == 10);
    CHECK(by_cpu[0].name == "busy");
    CHECK(by_cpu[0].unit == "busy.service");
    CHECK(by_cpu[0].start_ticks == 7);
    CHECK(by_cpu[0].cpu_ratio == doctest::Approx(0.5));
    CHECK(by_cpu[0].write_bytes_per_second == doctest::Approx(1e6));
    CHECK(bench.top(ProcessOrder::Writes)[0].pid == 10);
    REQUIRE(bench.top(ProcessOrder::RssGrowth).size() == 1);
    CHECK(bench.top(ProcessOrder::RssGrowth)[0].pid == 20);
    CHECK(bench.top(ProcessOrder::Rss)[0].rss_bytes == 6000.0 * 4096);
}

TEST_CASE("process table: a reused pid is another process") {
    Bench bench;
    FakeProcess old{.pid = 10, .name = "old", .cpu_ticks = 100, .start_ticks = 1};
    FakeProcess{}.put(bench.root);
    old.put(bench.root);
    bench.scan();
    bench.clock.advance(seconds(5));
    FakeProcess{.pid = 10, .name = "new", .cpu_ticks = 5000, .start_ticks = 2}.put(bench.root);
    bench.scan();
    CHECK(bench.top(ProcessOrder::Cpu).empty());
}

TEST_CASE("process table: kernel threads are counted but are nobody's culprit") {
    Bench bench;
    FakeProcess{}.put(bench.root);
    FakeProcess{.pid = 2, .name = "kswapd0", .state = 'D', .kernel_thread = true}.put(bench.root);
    CHECK(bench.scan().uninterruptible == 1);
    bench.clock.advance(seconds(5));
    FakeProcess{.pid = 2, .name = "kswapd0", .cpu_ticks = 400, .kernel_thread = true}.put(
        bench.root);
    bench.scan();
    CHECK(bench.top(ProcessOrder::Cpu).empty());
    CHECK(bench.top(ProcessOrder::Rss).size() == 1);
}

TEST_CASE("process table: a pass is bounded and says what it left out") {
    Bench bench;
    for (int pid = 1; pid <= 100; ++pid) FakeProcess{.pid = pid, .name = "p"}.put(bench.root);
    const ProcessCounts counts = bench.scan();
    CHECK(counts.processes == 64);
    CHECK(counts.untracked == 36);
    CHECK(bench.table.size() == 64);
}

TEST_CASE("process table: what may not be read is unknown") {
    Bench bench;
    FakeProcess{}.put(bench.root);
    FakeProcess{.pid = 5, .name = "other"}.put(bench.root);
    bench.root.fail("proc/5/io", Errc::Denied);
    CHECK(bench.scan().io_denied == 1);
    bench.clock.advance(seconds(5));
    bench.scan();
    CHECK(bench.top(ProcessOrder::Writes).empty());
}

TEST_CASE("process table: with process 1 hidden the counts are not the host's") {
    Bench bench;
    FakeProcess{.pid = 99, .name = "mine"}.put(bench.root);
    CHECK(bench.scan().others_hidden);
}

TEST_CASE("process table: a process that ends during the pass is passed over") {
    Bench bench;
    FakeProcess{}.put(bench.root);
    FakeProcess{.pid = 5, .name = "short"}.put(bench.root);
    bench.root.fail("proc/5/stat", Errc::NotFound);
    CHECK(bench.scan().processes == 1);
    bench.root.set("proc/6/stat", "garbage");
    CHECK(bench.scan().processes == 1);
}

TEST_CASE("process table: nothing is allocated after construction") {
    Bench bench;
    for (int pid = 1; pid <= 100; ++pid) FakeProcess{.pid = pid, .name = "p"}.put(bench.root);
    const AllocationGuard guard;
    for (int i = 0; i < 10; ++i) {
        (void)bench.table.scan(bench.root, bench.buffer, bench.clock.now());
        (void)bench.table.top(ProcessOrder::Rss, bench.root, bench.buffer);
        bench.clock.advance(seconds(5));
    }
    CHECK(guard.count() == 0);
}

TEST_CASE("process table: who has most threads, who most files, by name") {
    test::MemoryRoot root;
    test::FakeProcess{.pid = 10, .name = "java", .threads = 900}.put(root);
    test::FakeProcess{.pid = 11, .name = "fork", .threads = 1}.put(root);
    test::FakeProcess{.pid = 12, .name = "fork", .threads = 2}.put(root);
    test::FakeProcess{.pid = 2, .name = "kthreadd", .kernel_thread = true, .threads = 5}.put(root);
    ProcessTable table(16, 4096);
    std::array<char, 4096> buffer{};
    test::ManualClock clock;
    REQUIRE(table.scan(root, buffer, clock.now()));
    const auto threads = table.top_names(ProcessOrder::Threads, root, buffer);
    REQUIRE(threads.size() == 2);
    CHECK(threads[0].name == "java");
    CHECK(threads[0].threads == 900);
    CHECK(threads[0].namesakes == 1);
    CHECK(threads[1].pid == 12);
    CHECK(threads[1].threads == 3);
    CHECK(threads[1].namesakes == 2);

    CHECK(table.top_names(ProcessOrder::Files, root, buffer).empty());  // nobody has looked
    table.note_open_files(11, 40);
    table.note_open_files(12, 2);
    table.note_open_files(10, 30);
    table.note_open_files(4242, 5000);  // no such process
    clock.advance(seconds(5));
    REQUIRE(table.scan(root, buffer, clock.now()));  // what was seen outlives the pass
    const auto files = table.top_names(ProcessOrder::Files, root, buffer);
    REQUIRE(files.size() == 2);
    CHECK(files[0].name == "fork");
    CHECK(files[0].open_files == 42);
    CHECK(files[1].open_files == 30);
}

TEST_CASE("process table: the parents of the dead, and of all that have one name") {
    Bench bench;
    FakeProcess{.pid = 1, .name = "systemd"}.put(bench.root);
    FakeProcess{.pid = 10, .name = "forgetful"}.put(bench.root);
    FakeProcess{.pid = 11, .name = "other"}.put(bench.root);
    for (int i = 0; i < 6; ++i) {
        FakeProcess{.pid = 100 + i, .name = "true", .state = 'Z', .parent = 10}.put(bench.root);
        FakeProcess{.pid = 200 + i, .name = "sleep", .parent = i < 2 ? 10 : 11}.put(bench.root);
    }
    FakeProcess{.pid = 300, .name = "true", .state = 'Z', .parent = 11}.put(bench.root);
    FakeProcess{.pid = 301, .name = "true", .state = 'Z', .parent = 4242}.put(bench.root);
    bench.scan();
    const auto dead = bench.table.parents_of({}, bench.root, bench.buffer);
    REQUIRE(dead.size() == 2);  // whom nobody knows is passed over
    CHECK(dead[0].name == "forgetful");
    CHECK(dead[0].namesakes == 6);
    CHECK(dead[0].threads == 0);
    CHECK(dead[0].share == doctest::Approx(0.75));
    const auto sleeping = bench.table.parents_of("sleep", bench.root, bench.buffer);
    REQUIRE(sleeping.size() == 2);
    CHECK(sleeping[0].name == "other");
    CHECK(bench.table.parents_of("nobody", bench.root, bench.buffer).empty());
}

TEST_CASE("process table: an engine's group is found by the end of its path") {
    Bench bench;
    FakeProcess{.pid = 10, .name = "in", .cgroup = "5:pids:/docker/4d2f\n0::/docker/4d2f\n"}.put(
        bench.root);
    FakeProcess{.pid = 11, .name = "beside", .cgroup = "0::/docker/4d2f9\n"}.put(bench.root);
    FakeProcess{.pid = 12, .name = "out", .cgroup = "0::/system.slice/app.service\n"}.put(
        bench.root);
    bench.scan();
    const auto of = [&](std::string_view unit) {
        return bench.table.top_names(ProcessOrder::Threads, bench.root, bench.buffer, unit);
    };
    REQUIRE(of("docker/4d2f").size() == 1);
    CHECK(of("docker/4d2f")[0].name == "in");
    REQUIRE(of("app.service").size() == 1);
    CHECK(of("pp.service").empty());
}
