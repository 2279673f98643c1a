#include "collectors/process_health.hpp"

#include <doctest/doctest.h>

#include "collectors/processes.hpp"
#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fake_process.hpp"
#include "tests/collectors/fixture_host.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;
using test::FakeProcess;
using test::Watch;

namespace {

// A host whose processes are looked at every five seconds.
struct Host {
    Watch watch;
    test::MemoryRoot root;
    Workbench bench;
    ProcessesCollector processes{bench};
    ProcessHealthCollector health{bench};

    explicit Host(const WorkbenchSettings& settings = {}) : bench(settings) {
        FakeProcess{.pid = 1}.put(root);
        root.set("proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\n");
    }
    void look() {
        REQUIRE(watch.collect(processes, root));
        REQUIRE(health.collect(root, watch.samples));
        watch.clock.advance(seconds(5));
    }
    std::optional<double> of(std::string_view metric, std::string_view name) {
        return watch.value(metric, SubjectKind::Process, name);
    }
};

void limit_files(test::MemoryRoot& root, int pid, int limit) {
    root.set(fmt::format("proc/{}/limits", pid),
             fmt::format("Limit                     Soft Limit           Hard Limit  Units\n"
                         "Max open files            {}                 4096        files\n",
                         limit));
}

}  // namespace

TEST_CASE("process health: who has been busy for a while counts, batch work does not") {
    Host host;
    for (std::uint64_t pass = 0; pass < 4; ++pass) {
        FakeProcess{.pid = 50, .name = "hog", .cpu_ticks = pass * 450}.put(host.root);
        FakeProcess{.pid = 51, .name = "cc1plus", .cpu_ticks = pass * 450}.put(host.root);
        host.look();
    }
    CHECK(*host.watch.value("cpu_long_running_ratio") == doctest::Approx(0.5));
    FakeProcess{.pid = 50, .name = "hog", .cpu_ticks = 3 * 450 + 10}.put(host.root);
    host.look();
    CHECK(*host.watch.value("cpu_long_running_ratio") == doctest::Approx(0.0));
}

TEST_CASE(
    "process health: what gives way, and what the clock started, is a job for its first hour") {
    test::TemporaryDirectory directory;
    directory.write("lib/systemd/system/nightly.timer", "");
    auto files = DirectoryFiles::open_root(directory.path().c_str());
    REQUIRE(files);
    struct Row {
        const char* why;
        int nice;
        int policy;
        const char* cgroup;
        bool counts;
    };
    for (const Row& row : {Row{"a service", 0, 0, "0::/system.slice/app.service\n", true},
                           Row{"nice", 19, 0, "0::/system.slice/app.service\n", false},
                           Row{"SCHED_IDLE", 0, 5, "0::/system.slice/app.service\n", false},
                           Row{"a timer's", 0, 0, "0::/system.slice/nightly.service\n", false},
                           Row{"cron's", 0, 0, "0::/system.slice/cron.service\n", false},
                           Row{"a person's", 0, 0, "0::/user.slice/session-1.scope\n", true}}) {
        CAPTURE(row.why);
        Host host(test::with_files(*files));
        for (std::uint64_t pass = 0; pass < 4; ++pass) {
            FakeProcess{.pid = 50,
                        .name = "work",
                        .cpu_ticks = pass * 500,
                        .cgroup = row.cgroup,
                        .nice = row.nice,
                        .policy = row.policy}
                .put(host.root);
            host.look();
        }
        CHECK(*host.watch.value("cpu_long_running_ratio") ==
              doctest::Approx(row.counts ? 1.0 : 0.0));
        if (row.nice != 0 || row.policy != 0) continue;
        for (std::uint64_t pass = 4; pass < 740; ++pass) {
            FakeProcess{.pid = 50, .name = "work", .cpu_ticks = pass * 500, .cgroup = row.cgroup}
                .put(host.root);
            host.look();
        }
        CHECK(*host.watch.value("cpu_long_running_ratio") == doctest::Approx(1.0));
    }
}

TEST_CASE("process health: who stands still is told, a person's Ctrl-Z is not") {
    Host host;
    const FakeProcess stuck{.pid = 70, .name = "writer", .state = 'D'};
    const FakeProcess service{
        .pid = 71, .name = "nginx", .state = 'T', .cgroup = "0::/system.slice/nginx.service\n"};
    const FakeProcess alone{.pid = 72, .name = "daemon", .state = 'T', .terminal = 0};
    const FakeProcess child{
        .pid = 74, .name = "nsenter", .state = 'T', .parent = 72, .terminal = 0};
    const FakeProcess at_terminal{.pid = 73, .name = "vim", .state = 'T', .terminal = 34816};
    FakeProcess{.pid = 75, .name = "old", .state = 'T', .terminal = 0}.put(host.root);
    host.look();
    for (int pass = 0; pass < 4; ++pass) {
        for (const FakeProcess& process : {stuck, service, alone, child, at_terminal}) {
            process.put(host.root);
        }
        host.look();
    }
    CHECK(*host.of("process_stuck_seconds", "writer") == doctest::Approx(15));
    CHECK(*host.watch.value("process_stopped_seconds", SubjectKind::Unit, "nginx.service") ==
          doctest::Approx(15));
    CHECK(*host.of("process_stopped_seconds", "daemon") == doctest::Approx(15));
    CHECK_FALSE(host.of("process_stopped_seconds", "vim"));
    CHECK_FALSE(host.of("process_stopped_seconds", "old"));  // stopped before we came
    CHECK_FALSE(
        host.of("process_stopped_seconds", "nsenter"));  // who started it may have stopped it
    // One that works between two looks waits for a while, and goes on.
    FakeProcess{.pid = 70, .name = "writer", .state = 'D', .cpu_ticks = 3}.put(host.root);
    FakeProcess{.pid = 71, .name = "nginx", .cgroup = "0::/system.slice/nginx.service\n"}.put(
        host.root);
    host.look();
    CHECK(*host.of("process_stuck_seconds", "writer") == 0);
    CHECK(*host.watch.value("process_stopped_seconds", SubjectKind::Unit, "nginx.service") == 0);
}

TEST_CASE("process health: growth without a pause is told, and that it is over") {
    Host host;
    for (std::uint64_t pass = 0; pass < 5; ++pass) {
        FakeProcess{.pid = 60, .name = "leaky", .rss_pages = 1000 + pass * 12800}.put(host.root);
        host.look();
    }
    // 10 MiB a second of 3.8 GiB: gone in some 400 seconds.
    CHECK(*host.of("process_memory_exhausting_ratio", "leaky") ==
          doctest::Approx(2.304).epsilon(0.01));
    // Well for long enough that every condition can end, then no more of it.
    for (int second = 0; second < 120; second += 5) {
        host.look();
        CHECK(*host.of("process_memory_exhausting_ratio", "leaky") == 0);
    }
    host.look();
    CHECK_FALSE(host.of("process_memory_exhausting_ratio", "leaky"));
}

TEST_CASE("process health: who was ill last is still told as well, however many come after") {
    Host host;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 8; ++i) {
            const int pid = 100 + 10 * round + i;
            const FakeProcess full{.pid = pid, .name = fmt::format("p{}", pid)};
            full.put(host.root);
            full.open(host.root, 0, "/dev/null", "02");
            limit_files(host.root, pid, 1);
        }
        host.look();
        for (int i = 0; i < 8; ++i) limit_files(host.root, 100 + 10 * round + i, 1000);
    }
    host.look();
    CHECK(host.of("process_files_used_ratio", "p127") == 0);
}

TEST_CASE("process health: descriptors are told near the limit of the process, by its worst") {
    Host host;
    const FakeProcess few{.pid = 70, .name = "server"};
    const FakeProcess many{.pid = 71, .name = "server"};
    few.put(host.root);
    many.put(host.root);
    limit_files(host.root, 70, 10);
    limit_files(host.root, 71, 10);
    for (int i = 0; i < 2; ++i) few.open(host.root, i, "/dev/null", "02");
    for (int i = 0; i < 9; ++i) many.open(host.root, i, "/dev/null", "02");
    host.look();
    CHECK(*host.of("process_files_used_ratio", "server") == doctest::Approx(0.9));
    limit_files(host.root, 71, 1000);
    host.look();
    CHECK(*host.of("process_files_used_ratio", "server") == 0);
}

TEST_CASE("process health: a pass over very many descriptors goes on where it stopped") {
    Host host;
    for (const int pid : {70, 71}) {
        FakeProcess{.pid = pid, .name = "hoarder"}.put(host.root);
        limit_files(host.root, pid, 1'000'000);
        for (int i = 0; i < 12'000; ++i) {
            host.root.set_link(fmt::format("proc/{}/fd/{}", pid, i), "/dev/null");
        }
    }
    const FakeProcess last{.pid = 72, .name = "last"};
    last.put(host.root);
    limit_files(host.root, 72, 10);
    for (int i = 0; i < 9; ++i) last.open(host.root, i, "/dev/null", "02");
    host.look();
    CHECK_FALSE(host.of("process_files_used_ratio", "last"));
    // The second hoarder is counted whole, and the run after it begins a new pass.
    limit_files(host.root, 71, 20'000);
    for (int pass = 0; pass < 3; ++pass) {
        host.look();
        CHECK(*host.of("process_files_used_ratio", "last") == doctest::Approx(0.9));
        CHECK(*host.of("process_files_used_ratio", "hoarder") == doctest::Approx(0.6));
    }
}

TEST_CASE("process health: descriptors that we may not see are told as unseen") {
    Host host;
    FakeProcess{.pid = 70, .name = "theirs"}.put(host.root);
    host.look();
    CHECK(*host.watch.value("processes_files_unseen_count") == 0);
    host.root.fail("proc/70/fd", Errc::Denied);
    host.look();
    CHECK(*host.watch.value("processes_files_unseen_count") == 1);
}

TEST_CASE("process health: a process is measured by the whole machine, not by its peers") {
    Host host;
    const Metric cores{"cpu_online_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
    for (std::uint64_t pass = 0; pass < 4; ++pass) {
        FakeProcess{.pid = 50, .name = "nginx", .cpu_ticks = pass * 50}.put(host.root);
        REQUIRE(host.watch.collect(host.processes, host.root));
        host.watch.samples.add(cores, 2);
        REQUIRE(host.health.collect(host.root, host.watch.samples));
        host.watch.clock.advance(seconds(5));
    }
    CHECK(*host.watch.value("cpu_long_running_ratio") == doctest::Approx(0.05));
}

TEST_CASE("process health: descriptors that grow without a pause are told before the limit") {
    Host host;
    const FakeProcess leak{.pid = 72, .name = "leak"};
    leak.put(host.root);
    limit_files(host.root, 72, 1000);
    int open = 200;
    for (int i = 0; i < open; ++i) leak.open(host.root, i, "/dev/null", "02");
    host.look();
    for (int pass = 0; pass < 4; ++pass) {
        CHECK_FALSE(host.of("process_files_exhausting_ratio", "leak"));
        for (int i = 0; i < 25; ++i) leak.open(host.root, open++, "/dev/null", "02");
        host.look();
    }
    // 5 a second, 700 left: 140 s.
    CHECK(*host.of("process_files_exhausting_ratio", "leak") == doctest::Approx(300.0 / 140));
    host.look();  // a pause
    CHECK(*host.of("process_files_exhausting_ratio", "leak") == 0);
}

TEST_CASE("process health: many small workers are a hog together") {
    Host host;
    for (std::uint64_t pass = 0; pass < 4; ++pass) {
        for (int pid = 50; pid < 58; ++pid) {  // eight on two cores
            FakeProcess{.pid = pid, .name = "spin", .cpu_ticks = pass * 125}.put(host.root);
        }
        host.look();
    }
    CHECK(*host.watch.value("cpu_long_running_ratio") == doctest::Approx(1.0));
}

TEST_CASE("process health: who moves data for long, or waits for a disk that moves none") {
    Host host;
    for (std::uint64_t pass = 0; pass < 3; ++pass) {
        FakeProcess{.pid = 80, .name = "dumper", .written_bytes = pass << 26U}.put(host.root);
        host.look();
    }
    CHECK(*host.watch.value("io_long_running_ratio") == doctest::Approx(1.0));
    Host hung;
    for (int pass = 0; pass < 3; ++pass) {
        FakeProcess{.pid = 81, .name = "reader", .state = 'D'}.put(hung.root);
        hung.look();
    }
    CHECK(*hung.watch.value("io_long_running_ratio") == 1);
}

TEST_CASE("process health: what we may not see is not nothing") {
    Host host;
    host.root.fail("proc/1/io", Errc::Denied);
    for (std::uint64_t pass = 0; pass < 3; ++pass) {
        FakeProcess{.pid = 80, .name = "ours", .written_bytes = pass << 12U}.put(host.root);
        FakeProcess{.pid = 81, .name = "writer", .state = 'D'}.put(host.root);
        host.root.fail("proc/81/io", Errc::Denied);
        host.look();
    }
    CHECK(*host.watch.value("io_long_running_ratio") == 1);
    FakeProcess{.pid = 81, .name = "writer", .state = 'S'}.put(host.root);
    host.look();
    CHECK(*host.watch.value("io_long_running_ratio") == 0);
}

TEST_CASE("process health: before the first pass it is unknown, not well") {
    Watch watch;
    test::MemoryRoot root;
    ProcessHealthCollector health(watch.bench);
    CHECK_FALSE(watch.collect(health, root));
    CHECK(watch.samples.all().empty());
}

TEST_CASE("process health: batch programs by name, also with a version") {
    for (const char* name : {"tar", "cc1plus", "zstd", "clang-14", "apk", "unattended-upgr"}) {
        CAPTURE(name);
        CHECK(is_batch_program(name));
    }
    for (const char* name : {"", "stress-ng-cpu", "nginx", "tarantool", "asd", "postgres"}) {
        CAPTURE(name);
        CHECK_FALSE(is_batch_program(name));
    }
}

TEST_CASE("process health: a leak is found on a host where very many hold many files") {
    Host host;
    const auto open = [&](int pid, int files) {
        FakeProcess{.pid = pid, .name = pid == 400 ? "leaky" : "server"}.put(host.root);
        limit_files(host.root, pid, 20'000);
        for (int i = 0; i < files; ++i) {
            host.root.set_link(fmt::format("proc/{}/fd/{}", pid, i), "/dev/null");
        }
    };
    for (int pid = 100; pid < 150; ++pid) open(pid, 70);
    host.look();
    for (int pass = 1; pass <= 8; ++pass) {
        open(400, 1000 * pass);
        host.look();
    }
    REQUIRE(host.of("process_files_exhausting_ratio", "leaky"));
    CHECK(*host.of("process_files_exhausting_ratio", "leaky") >= 1);
}
