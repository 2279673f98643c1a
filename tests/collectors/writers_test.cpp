#include <doctest/doctest.h>

#include "collectors/process_table.hpp"
#include "core/allocation_guard.hpp"
#include "tests/collectors/fake_process.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;
using test::FakeProcess;

namespace {

constexpr std::string_view kRead = "0100000";
constexpr std::string_view kWrite = "0102001";
constexpr std::string_view kReadWrite = "0100002";

// A host on which every process writes `written_bytes` more in each of two passes, 5 s apart.
struct Bench {
    test::MemoryRoot root;
    test::ManualClock clock;
    ProcessTable table{256, 4096};
    std::vector<char> buffer = std::vector<char>(65536);

    Bench() {
        FakeProcess{}.put(root);
        root.set("proc/self/mountinfo",
                 "28 1 8:1 / / rw - ext4 /dev/a rw\n"
                 "29 28 8:2 / /srv rw - ext4 /dev/b rw\n"
                 "30 29 8:3 / /srv/deep rw - ext4 /dev/c rw\n");
    }
    void scan() { REQUIRE(table.scan(root, buffer, clock.now())); }
    void add(FakeProcess process, std::uint64_t bytes_per_second) {
        process.put(root);
        scan();
        clock.advance(seconds(5));
        process.written_bytes += 5 * bytes_per_second;
        process.put(root);
        scan();
    }
    Writers ask(std::string_view mount) {
        return table.writers_under(root, mount, buffer, clock.now());
    }
};

}  // namespace

TEST_CASE("writers: who has files open for writing beneath the mount, the fastest first") {
    Bench bench;
    const FakeProcess slow{.pid = 10, .name = "slow"};
    const FakeProcess fast{.pid = 20, .name = "fast", .cgroup = "0::/system.slice/fast.service\n"};
    const FakeProcess reader{.pid = 30, .name = "reader"};
    const FakeProcess elsewhere{.pid = 40, .name = "elsewhere"};
    slow.open(bench.root, 3, "/srv/slow.log", kWrite);
    fast.open(bench.root, 3, "/srv/fast.log", kReadWrite);
    fast.open(bench.root, 4, "/srv/fast.log.1 (deleted)", kWrite);
    reader.open(bench.root, 3, "/srv/fast.log", kRead);
    elsewhere.open(bench.root, 3, "/var/log/x", kWrite);
    elsewhere.open(bench.root, 4, "/srvother/x", kWrite);
    elsewhere.open(bench.root, 5, "/srv/deep/x", kWrite);
    elsewhere.open(bench.root, 6, "socket:[12345]", kReadWrite);
    for (const auto* process : {&reader, &elsewhere}) process->put(bench.root);
    bench.add(slow, 1000);
    FakeProcess quick = fast;
    quick.put(bench.root);
    bench.scan();
    bench.clock.advance(seconds(5));
    quick.written_bytes = 5'000'000;
    quick.put(bench.root);
    FakeProcess still = slow;
    still.written_bytes = 10'000;
    still.put(bench.root);
    bench.scan();

    const Writers writers = bench.ask("/srv");
    REQUIRE(writers.processes.size() == 2);
    CHECK(writers.processes[0].name == "fast");
    CHECK(writers.processes[0].unit == "fast.service");
    CHECK(writers.processes[0].open_files == 2);
    CHECK(writers.processes[0].write_bytes_per_second == doctest::Approx(1e6));
    CHECK(writers.processes[1].name == "slow");
    CHECK(writers.processes[1].write_bytes_per_second == doctest::Approx(1000));
    CHECK(writers.complete);
    CHECK(writers.note.empty());
    REQUIRE(bench.ask("/srv/deep").processes.size() == 1);
    CHECK(bench.ask("/srv/deep").processes[0].name == "elsewhere");
}

TEST_CASE("writers: the rate is taken anew when the last pass is long enough ago") {
    Bench bench;
    FakeProcess late{.pid = 10, .name = "late"};
    late.open(bench.root, 3, "/srv/a", kWrite);
    bench.add(late, 0);
    late.written_bytes = 4'000'000;
    late.put(bench.root);
    CHECK(bench.ask("/srv").processes[0].write_bytes_per_second == 0);  // no time has passed
    bench.clock.advance(seconds(4));
    CHECK(bench.ask("/srv").processes[0].write_bytes_per_second == doctest::Approx(1e6));
}

TEST_CASE("writers: who opens and closes at once is found by the directory it works in") {
    Bench bench;
    bench.root.set_link("proc/10/cwd", "/srv/spool");
    bench.root.set_link("proc/11/cwd", "/srv/spool");
    FakeProcess{.pid = 11, .name = "idle"}.put(bench.root);
    bench.add({.pid = 10, .name = "dropper"}, 2000);
    const Writers writers = bench.ask("/srv");
    REQUIRE(writers.processes.size() == 1);
    CHECK(writers.processes[0].name == "dropper");
    CHECK(writers.processes[0].open_files == 0);
}

TEST_CASE("writers: says whose files it could not look at") {
    class Closed final : public Root {
    public:
        explicit Closed(const Root& root) : root_(root) {}
        Result<std::string_view> read(const char* path, std::span<char> buffer) const override {
            return root_.read(path, buffer);
        }
        Result<std::string_view> read(KeptFile& file, std::span<char> buffer) const override {
            return root_.read(file, buffer);
        }
        Result<std::string_view> read_link(const char* path,
                                           std::span<char> buffer) const override {
            return root_.read_link(path, buffer);
        }
        Status list(const char* path, FunctionRef<bool(std::string_view)> visit) const override {
            if (std::string_view(path) == "proc") return root_.list(path, visit);
            return make_error(Errc::Denied, "open directory {}: Permission denied", path);
        }
        Result<FilesystemUsage> filesystem_usage(const char* path) const override {
            return root_.filesystem_usage(path);
        }

    private:
        const Root& root_;
    };
    Bench bench;
    const FakeProcess other{.pid = 10, .name = "other"};
    other.open(bench.root, 3, "/srv/a", kWrite);
    bench.add(other, 1000);
    const Closed closed(bench.root);
    const Writers writers =
        bench.table.writers_under(closed, "/srv", bench.buffer, bench.clock.now());
    CHECK(writers.processes.empty());
    CHECK(writers.not_permitted == 2);
    CHECK(writers.note == "the open files of 2 processes could not be looked at");
}

TEST_CASE("writers: stops at the bound on open files") {
    Bench bench;
    const FakeProcess hoarder{.pid = 10, .name = "hoarder"};
    hoarder.put(bench.root);
    for (int i = 0; i < 20'100; ++i) hoarder.open(bench.root, i, "/var/x", kWrite);
    bench.scan();
    const Writers writers = bench.ask("/srv");
    CHECK_FALSE(writers.complete);
    CHECK(writers.note == "stopped after 20000 open files");
}

TEST_CASE("writers: nameless memory is on no mount") {
    Bench bench;
    const FakeProcess process{.pid = 10, .name = "memory"};
    process.open(bench.root, 3, "/memfd:cache (deleted)", kReadWrite);
    bench.add(process, 1000);
    CHECK(bench.ask("/").processes.empty());
}

TEST_CASE("writers: an empty table and an unknown mount give nobody") {
    ProcessTable table(8, 4096);
    test::MemoryRoot root;
    std::vector<char> buffer(4096);
    CHECK(table.writers_under(root, "/srv", buffer, {}).processes.empty());
    CHECK(table.writers_under(root, "", buffer, {}).processes.empty());
}

TEST_CASE("writers: asking allocates nothing") {
    Bench bench;
    const FakeProcess writer{.pid = 10, .name = "writer"};
    writer.open(bench.root, 3, "/srv/a", kWrite);
    bench.add(writer, 1000);
    const AllocationGuard guard;
    (void)bench.ask("/srv");
    CHECK(guard.count() == 0);
}

TEST_CASE("writers: who writes and was started with a path there, when nobody has a file open") {
    Bench bench;
    bench.add({.pid = 10,
               .name = "sh",
               .arguments = std::string("sh\0-c\0echo x >> \"/srv/spool/x\"; true", 37)},
              2000);
    REQUIRE(bench.ask("/srv").processes.size() == 1);
    CHECK(bench.ask("/srv").processes[0].name == "sh");
    CHECK(bench.ask("/srv/deep").processes.empty());
}

TEST_CASE("writers: makers of files are those that work there or were started with a path there") {
    Bench bench;
    struct Row {
        const char* arguments;
        bool concerned;
    };
    for (const Row& row :
         {Row{"touch /srv/x", true}, Row{"make /srv", true}, Row{"cat /srv2/x", false},
          Row{"ls /srv/deep/x", false}, Row{"ls srv", false}, Row{"", false}}) {
        CAPTURE(row.arguments);
        FakeProcess{.pid = 20, .name = "maker", .arguments = row.arguments}.put(bench.root);
        if (row.arguments[0] == '\0') bench.root.remove("proc/20/cmdline");
        bench.scan();
        CHECK(bench.table.makers_under(bench.root, "/srv", bench.buffer).size() ==
              (row.concerned ? 1 : 0));
        CHECK(bench.table.makers_under(bench.root, "/", bench.buffer).empty());
    }
}

TEST_CASE("writers: makers are also known by a path that leads there through a link") {
    Bench bench;
    bench.root.set_link("var/spool", "/srv/spool");
    bench.root.set_link("home/few", "../srv");  // not followed any further
    bench.root.set_link("mnt", "srv");
    struct Row {
        const char* arguments;
        bool concerned;
    };
    for (const Row& row :
         {Row{"touchy /var/spool/x", true}, Row{"touchy /var/spool", true},
          Row{"touchy /mnt/x", true}, Row{"touchy --to=/var/spool", false},
          Row{"touchy /var/log/x", false}, Row{"touchy /", false}, Row{"//", false}}) {
        CAPTURE(row.arguments);
        FakeProcess{.pid = 20, .name = "maker", .arguments = row.arguments}.put(bench.root);
        bench.scan();
        CHECK(bench.table.makers_under(bench.root, "/srv", bench.buffer).size() ==
              (row.concerned ? 1 : 0));
    }
}

TEST_CASE("writers: of those that may make files the one that works most comes first") {
    Bench bench;
    FakeProcess idle{.pid = 30, .name = "shell"};
    FakeProcess busy{.pid = 31, .name = "touchy", .arguments = "touchy /srv/few"};
    bench.root.set_link("proc/30/cwd", "/srv/few");
    idle.put(bench.root);
    busy.put(bench.root);
    bench.scan();
    bench.clock.advance(seconds(5));
    busy.cpu_ticks = 50;
    idle.cpu_ticks = 10;
    busy.put(bench.root);
    idle.put(bench.root);
    bench.scan();
    const ProcessList makers = bench.table.makers_under(bench.root, "/srv", bench.buffer);
    REQUIRE(makers.size() == 2);
    CHECK(makers[0].name == "touchy");
    CHECK(makers[0].share == doctest::Approx(5.0 / 6));
}
