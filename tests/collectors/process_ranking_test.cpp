#include <doctest/doctest.h>

#include "collectors/process_table.hpp"
#include "core/allocation_guard.hpp"
#include "tests/collectors/fake_process.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;
using test::FakeProcess;

namespace {

struct Bench {
    test::MemoryRoot root;
    test::ManualClock clock;
    ProcessTable table{256, 4096};
    std::vector<char> buffer = std::vector<char>(65536);

    void pass(std::initializer_list<FakeProcess*> processes, std::uint64_t pass) {
        for (FakeProcess* process : processes) {
            FakeProcess now = *process;
            now.cpu_ticks *= pass;
            now.written_bytes *= pass;
            now.put(root);
        }
        REQUIRE(table.scan(root, buffer, clock.now()));
        clock.advance(seconds(5));
    }
    ProcessList top(ProcessOrder order, std::string_view unit = {}) {
        return table.top_names(order, root, buffer, unit);
    }
};

}  // namespace

TEST_CASE("process ranking: workers of one name are told of together, with their share") {
    Bench bench;
    FakeProcess first{.pid = 10, .name = "worker", .cpu_ticks = 150};
    FakeProcess second{.pid = 11, .name = "worker", .cpu_ticks = 150};
    FakeProcess other{.pid = 12, .name = "other", .cpu_ticks = 100};
    for (std::uint64_t i = 0; i < 3; ++i) bench.pass({&first, &second, &other}, i);
    const ProcessList top = bench.top(ProcessOrder::Cpu);
    REQUIRE(top.size() == 2);
    CHECK(top[0].name == "worker");
    CHECK(top[0].namesakes == 2);
    CHECK(top[0].share == doctest::Approx(0.75));
}

TEST_CASE("process ranking: who grew goes before who has always used as much") {
    Bench bench;
    FakeProcess steady{.pid = 10, .name = "steady", .cpu_ticks = 400};
    for (std::uint64_t i = 0; i < 20; ++i) bench.pass({&steady}, i);
    FakeProcess hog{.pid = 99, .name = "hog", .cpu_ticks = 0, .start_ticks = 10'000};
    for (std::uint64_t i = 20; i < 23; ++i) {
        hog.cpu_ticks = 350;
        bench.pass({&steady, &hog}, i);
    }
    const ProcessList top = bench.top(ProcessOrder::Cpu);
    REQUIRE(top.size() == 2);
    CHECK(top[0].name == "hog");
    CHECK(top[0].share > 0.7);  // half of the use, all of the growth
    CHECK(top[1].share < 0.3);
}

TEST_CASE("process ranking: those that were there before us are no growth") {
    Bench bench;
    FakeProcess first{.pid = 10, .name = "first", .cpu_ticks = 400};
    for (std::uint64_t i = 0; i < 2; ++i) bench.pass({&first}, i);
    REQUIRE(bench.top(ProcessOrder::Cpu).size() == 1);
    CHECK(bench.top(ProcessOrder::Cpu)[0].share == doctest::Approx(1.0));
}

TEST_CASE("process ranking: of a unit only its own processes are looked at") {
    Bench bench;
    FakeProcess ours{
        .pid = 10, .name = "ours", .cpu_ticks = 10, .cgroup = "0::/system.slice/app.service\n"};
    FakeProcess large{.pid = 11, .name = "large", .cpu_ticks = 400};
    for (std::uint64_t i = 0; i < 3; ++i) bench.pass({&ours, &large}, i);
    const ProcessList top = bench.top(ProcessOrder::Cpu, "app.service");
    REQUIRE(top.size() == 1);
    CHECK(top[0].name == "ours");
    CHECK(top[0].share == doctest::Approx(1.0));
    CHECK(bench.top(ProcessOrder::Cpu, "none.service").empty());
}

TEST_CASE("process ranking: a container's unit is whole, so that its processes are found by it") {
    Bench bench;
    const std::string unit = "docker-" + std::string(64, 'c') + ".scope";
    FakeProcess inside{.pid = 10,
                       .name = "inside",
                       .cpu_ticks = 10,
                       .cgroup = "0::/system.slice/" + unit + "/worker\n"};
    for (std::uint64_t i = 0; i < 3; ++i) bench.pass({&inside}, i);
    const ProcessList top = bench.top(ProcessOrder::Cpu, unit);
    REQUIRE(top.size() == 1);
    CHECK(top[0].unit == unit);
}

TEST_CASE("process ranking: of one name the one that grows, not the one that holds most") {
    Bench bench;
    FakeProcess large{.pid = 10, .name = "python3", .rss_pages = 90'000};
    FakeProcess leak{.pid = 11, .name = "python3", .rss_pages = 1000};
    FakeProcess other{.pid = 12, .name = "java", .rss_pages = 1000};
    for (std::uint64_t i = 0; i < 3; ++i) {
        leak.rss_pages += 5000;
        other.rss_pages += 9000;
        bench.pass({&large, &leak, &other}, i);
    }
    const ProcessList found = bench.table.growing("python3", bench.root, bench.buffer);
    REQUIRE(found.size() == 1);
    CHECK(found[0].pid == 11);
    CHECK(found[0].rss_growth_bytes_per_second > 0);
    CHECK(bench.table.growing("nobody", bench.root, bench.buffer).empty());
}

TEST_CASE("process ranking: asking allocates nothing") {
    Bench bench;
    FakeProcess one{.pid = 10, .name = "one", .cpu_ticks = 10};
    for (std::uint64_t i = 0; i < 3; ++i) bench.pass({&one}, i);
    const AllocationGuard guard;
    CHECK(bench.top(ProcessOrder::Cpu).size() == 1);
    CHECK(bench.table.named("one", bench.root, bench.buffer).size() == 1);
    CHECK(guard.count() == 0);
}
