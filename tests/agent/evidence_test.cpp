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
                             "disk_saturation", "network_loss", "listen_overflow"}) {
        CAPTURE(kind);
        const AllocationGuard guard;
        static_cast<void>(evidence.processes_for({}, kind));
        CHECK(guard.count() == 0);
    }
}
