#include "collectors/deleted_files.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdio>

#include "core/allocation_guard.hpp"
#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fake_process.hpp"
#include "tests/collectors/fixture_host.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

// A host of one process (ours, as /proc/self shows it) whose open files are real.
struct Fixture {
    Fixture() {
        REQUIRE(::mkdir((directory / "proc").c_str(), 0755) == 0);
        REQUIRE(::symlink("/proc/self", (directory / "proc/4711").c_str()) == 0);
    }

    // A file of this size that is open and deleted.
    int hold(std::size_t bytes) {
        const std::string path = directory.write("held", std::string(bytes, 'x'));
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        const auto stamp = files.stamp("held", Links::Stay);
        REQUIRE(stamp);
        directory.write("proc/self/mountinfo",
                        fmt::format("36 35 {}:{} / / rw - ext4 /dev/vda rw\n",
                                    ::major(stamp->device), ::minor(stamp->device)));
        REQUIRE(::unlink(path.c_str()) == 0);
        return fd;
    }
    Status collect() {
        bench.events().begin();
        return watch.collect(deleted, root);
    }

    test::TemporaryDirectory directory;
    DirectoryRoot root = std::move(*DirectoryRoot::open(directory.path().c_str()));
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    test::Watch watch;
    Workbench bench{test::with_files(files)};
    DeletedFilesCollector deleted{bench};
};

}  // namespace

TEST_CASE("deleted_files: device numbers as mountinfo writes them") {
    CHECK(parse_device_number("8:1") == makedev(8, 1));
    CHECK(parse_device_number("259:1048575") == makedev(259, 1048575));
    for (const std::string_view text : {"", "8", ":", "8:", ":1", "8:x", "99999999999:1"}) {
        CHECK_FALSE(parse_device_number(text));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_device_number(text));
}

TEST_CASE_FIXTURE(Fixture, "deleted_files: what a deleted file holds is counted once, then gone") {
    const int fd = hold(300'000);
    const int again = ::dup(fd);
    REQUIRE(collect());
    const auto held = watch.value("filesystem_deleted_open_bytes", SubjectKind::Mount, "/");
    REQUIRE(held);
    CHECK(*held >= 300'000);
    CHECK(*held < 600'000);
    CHECK(bench.events().all().empty());  // too little to tell
    ::close(fd);
    ::close(again);
    REQUIRE(collect());
    CHECK(watch.value("filesystem_deleted_open_bytes", SubjectKind::Mount, "/") == 0);
    REQUIRE(collect());
    CHECK_FALSE(watch.value("filesystem_deleted_open_bytes", SubjectKind::Mount, "/"));
}

TEST_CASE_FIXTURE(Fixture, "deleted_files: instances of inotify are counted for each user") {
    test::MemoryRoot host;
    for (const int pid : {50, 51, 52}) {
        const test::FakeProcess process{.pid = pid, .name = "watcher"};
        process.put(host);
        host.set(fmt::format("proc/{}/status", pid),
                 fmt::format("Name:\twatcher\nUid:\t{}\t0\t0\t0\n", pid == 52 ? 7 : 1000));
        for (int i = 0; i < 3; ++i) process.open(host, i, "anon_inode:inotify", "02");
    }
    REQUIRE(watch.collect(deleted, host));
    CHECK_FALSE(watch.value("inotify_instances_used_ratio"));  // no limit is known
    host.set("proc/sys/fs/inotify/max_user_instances", "8\n");
    REQUIRE(watch.collect(deleted, host));
    CHECK(*watch.value("inotify_instances_used_ratio") == doctest::Approx(0.75));
    host.fail("proc/51/fd", Errc::Denied);
    REQUIRE(watch.collect(deleted, host));
    CHECK_FALSE(watch.value("inotify_instances_used_ratio"));
}

TEST_CASE("deleted_files: what lies on a mount that may hang is not asked for") {
    struct Asked final : Files {
        Result<FileStamp> stamp(const char*, Links) const override {
            ++times;
            return make_error(Errc::NotFound, "none");
        }
        Result<FileStamp> stamp(const OpenFile&) const override {
            return make_error(Errc::NotFound, "none");
        }
        Status open(const char*, OpenFile&) const override {
            return make_error(Errc::NotFound, "none");
        }
        Result<std::string_view> read_at(const OpenFile&, std::uint64_t,
                                         std::span<char>) const override {
            return make_error(Errc::NotFound, "none");
        }
        mutable int times = 0;
    };
    const Asked files;
    test::MemoryRoot root;
    const test::FakeProcess holder{.pid = 50, .name = "holder"};
    holder.put(root);
    holder.open(root, 3, "/data/x (deleted)", "02");  // of mount 28
    test::Watch watch;
    Workbench bench{test::with_files(files)};
    DeletedFilesCollector deleted(bench);
    const auto asked = [&](const char* type) {
        root.set("proc/50/mountinfo", fmt::format("28 1 0:9 / /data rw - {} x rw\n", type));
        const int before = files.times;
        REQUIRE(watch.collect(deleted, root));
        return files.times - before;
    };
    for (const char* type : {"nfs4", "fuse.sshfs", "fuseblk", "unheardof"}) CHECK(asked(type) == 0);
    CHECK(asked("ext4") == 1);
    root.set("proc/50/mountinfo", "29 1 0:9 / /data rw - ext4 x rw\n");
    const int before = files.times;
    REQUIRE(watch.collect(deleted, root));
    CHECK(files.times == before);
}

TEST_CASE_FIXTURE(Fixture,
                  "deleted_files: a pass allocates nothing; without processes it is unknown") {
    const int fd = hold(10);
    watch.samples.begin(watch.clock.now());
    const AllocationGuard guard;
    const bool good = deleted.collect(root, watch.samples).has_value();
    CHECK(guard.count() == 0);
    CHECK(good);
    ::close(fd);
    CHECK(watch.collect(deleted, test::MemoryRoot{}).error().code == Errc::NotFound);
    test::Watch alone;
    DeletedFilesCollector blind(alone.bench);
    CHECK(alone.collect(blind, root).error().code == Errc::NotAvailable);
}
