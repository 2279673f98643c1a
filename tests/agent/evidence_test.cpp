#include "agent/evidence.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fake_process.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;
using test::FakeProcess;

namespace {

struct Host {
    test::TemporaryDirectory directory;
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    test::MemoryRoot root;
    test::ManualClock clock;
    Workbench bench{test::with_files(files)};
    SeriesTable series{64};
    FlightRecorder recorder{64, seconds(2)};
    Evidence evidence{bench, root, series, recorder, stock_conditions()};

    void pass(std::initializer_list<const FakeProcess*> processes) {
        for (const FakeProcess* process : processes) process->put(root);
        REQUIRE(bench.processes().scan(root, bench.buffer(), clock.now()));
        clock.advance(seconds(5));
        evidence.begin(clock.now());
    }
};

}  // namespace

TEST_CASE_FIXTURE(Host, "evidence: who starts processes that end at once shows by its own work") {
    FakeProcess idle{.pid = 10, .name = "cron", .threads = 1};
    FakeProcess storm{.pid = 11, .name = "forker", .threads = 1};
    FakeProcess many{.pid = 12, .name = "java", .threads = 1};
    FakeProcess other{.pid = 13, .name = "sshd", .threads = 1};
    for (int i = 0; i < 3; ++i) {
        storm.cpu_ticks += 400;
        pass({&idle, &storm, &many, &other});
    }
    auto found = evidence.processes_for({}, "process_storm");
    REQUIRE_FALSE(found.empty());
    CHECK(found[0].name == "forker");
    many.threads = 4000;
    pass({&idle, &storm, &many, &other});
    found = evidence.processes_for({}, "process_storm");
    CHECK(found[0].name == "java");
}

TEST_CASE_FIXTURE(Host, "evidence: whose children the dead are, and who started a crowd") {
    const FakeProcess parent{.pid = 11, .name = "spawner", .threads = 1};
    pass({&parent});
    for (int i = 0; i < 40; ++i) {
        FakeProcess{.pid = 100 + i, .name = "sleep", .threads = 1, .parent = 11}.put(root);
    }
    FakeProcess{.pid = 99, .name = "true", .state = 'Z', .parent = 11}.put(root);
    pass({});
    for (const char* kind : {"process_storm", "zombies", "task_limit"}) {
        CAPTURE(kind);
        const auto found = evidence.processes_for({}, kind);
        REQUIRE_FALSE(found.empty());
        CHECK(found[0].name == "spawner");
    }
    // The init took over whom nobody waits for: it started none of them.
    for (int i = 0; i < 40; ++i) {
        FakeProcess{.pid = 100 + i, .name = "sleep", .threads = 1, .parent = 1}.put(root);
    }
    pass({});
    CHECK(evidence.processes_for({}, "process_storm")[0].name == "sleep");
}

TEST_CASE_FIXTURE(Host, "evidence: of a flooded log who has it open, and what it lies on") {
    root.set("proc/self/mountinfo",
             "29 23 8:1 / / rw - ext4 /dev/sda1 rw\n"
             "30 29 8:2 / /var rw - ext4 /dev/sda2 rw\n"
             "31 29 0:9 / /run rw - tmpfs tmpfs rw\n");
    FakeProcess flooder{.pid = 20, .name = "flooder"};
    FakeProcess louder{.pid = 21, .name = "elsewhere"};
    flooder.open(root, 3, "/var/log/app.log", "02001");
    louder.open(root, 3, "/var/log/app.log.1", "02001");
    for (int i = 0; i < 3; ++i) {
        flooder.written_bytes += 100'000;
        louder.written_bytes += 900'000;
        pass({&flooder, &louder});
    }
    const Subject log{SubjectKind::Target, "/var/log/app.log"};
    const auto found = evidence.processes_for(log, "log_flood");
    REQUIRE(found.size() == 1);
    CHECK(found[0].name == "flooder");
    CHECK(evidence.beneath(log) == Subject{SubjectKind::Device, "sda2"});
    CHECK(evidence.beneath({SubjectKind::Unit, "app.service"}) ==
          Subject{SubjectKind::Device, "sda2"});
    CHECK(evidence.beneath({SubjectKind::Target, "/run/app.log"}) ==
          Subject{SubjectKind::Mount, "/run"});
    // An exporter's labels are no path.
    const Subject labels{SubjectKind::Target, "job=node"};
    CHECK(evidence.beneath(labels) == labels);
}

TEST_CASE_FIXTURE(Host,
                  "evidence: of a host without memory the tmpfs that holds it, and its writer") {
    root.set("proc/meminfo", "MemTotal: 8000000 kB\nMemFree: 100 kB\nMemAvailable: 400000 kB\n");
    root.set("proc/self/mountinfo",
             "29 23 8:1 / / rw - ext4 /dev/sda1 rw\n"
             "30 29 0:9 / /dev/shm rw - tmpfs tmpfs rw\n"
             "31 29 0:10 / /run rw - tmpfs tmpfs rw\n");
    constexpr std::uint64_t kMiB = 1048576;
    root.set_usage("dev/shm", {.size_bytes = 6000 * kMiB, .free_bytes = 1000 * kMiB});
    root.set_usage("run", {.size_bytes = 800 * kMiB, .free_bytes = 790 * kMiB});
    directory.write("dev/shm/cache", "x");
    root.set("dev/shm/cache", "x");
    FakeProcess server{.pid = 20, .name = "mysqld", .rss_pages = 100'000};
    FakeProcess filler{.pid = 21, .name = "filler"};
    filler.open(root, 3, "/dev/shm/cache", "02001");
    pass({&server, &filler});
    filler.written_bytes = 500 * kMiB;
    pass({&server, &filler});
    auto found = evidence.processes_for({}, "memory_exhausted");
    REQUIRE_FALSE(found.empty());
    CHECK(found[0].name == "filler");
    std::optional<GrownPlace> place;
    for (int i = 0; i < 10 && !place; ++i) {
        clock.advance(seconds(1));
        evidence.begin(clock.now());
        place = evidence.grown_beneath({}, "oom_kill", Instant{});
    }
    REQUIRE(place);
    CHECK(place->path.view().starts_with("/dev/shm"));
    CHECK(place->of_used == doctest::Approx(0.69).epsilon(0.02));
    // A small one is no reason.
    root.set_usage("dev/shm", {.size_bytes = 6000 * kMiB, .free_bytes = 5500 * kMiB});
    CHECK(evidence.processes_for({}, "memory_exhausted")[0].name == "mysqld");
    clock.advance(seconds(1));
    evidence.begin(clock.now());
    place = evidence.grown_beneath({}, "oom_kill", Instant{});
    REQUIRE(place);
    CHECK(place->path.empty());
}

TEST_CASE_FIXTURE(Host, "evidence: of trouble with sockets their holder and the other end") {
    const FakeProcess caller{.pid = 20, .name = "caller"};
    caller.open(root, 3, "socket:[91]", "02");
    pass({&caller});
    directory.write("proc/net/tcp",
                    "   0: 0100007F:1F90 024D12C6:0007 02 00000000:00000000 00:00000000 00000000 0 "
                    "0 91 2 00 0\n");
    const auto found = evidence.processes_for({}, "network_unreachable");
    REQUIRE(found.size() == 1);
    CHECK(found[0].name == "caller");
    CHECK(evidence.peer().address == "198.18.77.2");
    // Of another incident there is none.
    static_cast<void>(evidence.processes_for({}, "cpu_saturation"));
    CHECK(evidence.peer().address.empty());
}

TEST_CASE_FIXTURE(Host,
                  "evidence: where a local file system grew, a piece of the search each tick") {
    const Subject mount{SubjectKind::Mount, "/srv"};
    evidence.begin(clock.now());
    // Whose server may not answer is not searched.
    auto place = evidence.grown_beneath(mount, "filesystem_space", clock.now());
    REQUIRE(place);
    CHECK(place->path.empty());

    root.set("proc/self/mountinfo", "29 23 8:1 / /srv rw,relatime shared:1 - ext4 /dev/sda1 rw\n");
    for (int i = 0; i < 1500; ++i) {
        const std::string name = "srv/in/" + std::to_string(i);
        directory.write(name, "");
        root.set(name, "");
    }
    int ticks = 0;
    for (place.reset(); !place; ++ticks) {
        REQUIRE(ticks < 10);
        clock.advance(seconds(1));
        evidence.begin(clock.now());
        place = evidence.grown_beneath(mount, "filesystem_inodes", Instant{});
        // The next incident's turn comes later.
        CHECK_FALSE(evidence.grown_beneath({SubjectKind::Mount, "/var"}, "filesystem_space", {}));
    }
    CHECK(ticks >= 2);
    CHECK(place->path == "/srv/in");
    CHECK(place->files == 1500);
}

TEST_CASE_FIXTURE(Host, "evidence: the advice of a condition, and none of a name that nobody has") {
    CHECK(evidence.counsel_for("filesystem_full").remedy == "clean-disk");
    CHECK(evidence.counsel_for("nobody").advice.empty());
    CHECK_FALSE(evidence.value_of("cpu_busy_seconds", {}));
}

TEST_CASE_FIXTURE(Host, "evidence: answering allocates nothing") {
    FakeProcess busy{.pid = 20, .name = "busy"};
    for (int i = 0; i < 3; ++i) {
        busy.cpu_ticks += 300;
        pass({&busy});
    }
    directory.write("proc/net/tcp", "");
    for (const char* kind : {"cpu_saturation", "memory_exhausted", "process_storm", "file_handles",
                             "disk_saturation", "network_loss", "listen_overflow", "zombies"}) {
        CAPTURE(kind);
        const AllocationGuard guard;
        static_cast<void>(evidence.processes_for({}, kind));
        CHECK(guard.count() == 0);
    }
}
