#include "collectors/file_changes.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>

#include "core/allocation_guard.hpp"
#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fixture_host.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

// Stamps are the file system's; the test's clock is set by them, so that nothing waits.
struct Fixture {
    test::TemporaryDirectory directory;
    DirectoryRoot root = std::move(*DirectoryRoot::open(directory.path().c_str()));
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    SeriesTable table{64};
    Samples samples{table, 64};
    Workbench bench{settings()};
    FileChangesCollector changes{bench};
    Instant now;

    WorkbenchSettings settings() {
        WorkbenchSettings settings = test::with_files(files);
        settings.watched_paths = {"/etc"};
        return settings;
    }
    // The wall clock stands `later` after the newest stamp of the file system.
    void walk(Duration later) {
        directory.write("stamp", "");
        const auto stamp = files.stamp("stamp", Links::Stay);
        REQUIRE(stamp);
        now.unix_ns = stamp->changed_ns + later.ns;
        now.monotonic_ns += FileChangesCollector::kPause.ns + hours(1).ns;
        samples.begin(now);
        bench.events().begin();
        REQUIRE(changes.collect(root, samples));
    }
    std::string told() {
        std::string out;
        for (const Event& event : bench.events().all()) {
            out += std::string(event.object.view()) + ": " + std::string(event.text.view()) + "\n";
        }
        return out;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "file_changes: an edit, a new file and a removal are told once") {
    directory.write("etc/app/app.conf", "a");
    directory.write("etc/app/old.conf", "a");
    directory.write("etc/fstab", "a");
    walk(hours(1));  // all of it is an hour old
    CHECK(told().empty());
    CHECK(*samples.value("files_watched_count") == 3);
    // As if the walk had been before the edit: it begins where the stamps are.
    walk(Duration{});
    bench.events().begin();
    directory.write("etc/app/app.conf", "b");
    walk(milliseconds(1));
    CHECK(told().find("/etc/app/app.conf: /etc/app/app.conf was changed\n") != std::string::npos);
    CHECK(*samples.value("file_changes_count") >= 1);
    walk(hours(2));
    walk(hours(2));
    CHECK(told().empty());
}

TEST_CASE_FIXTURE(Fixture, "file_changes: what lies on a mount that may hang is left out") {
    directory.write("etc/app/app.conf", "a");
    directory.write("etc/shared/site.conf", "a");
    walk(hours(1));
    CHECK(*samples.value("files_watched_count") == 2);
    directory.write("proc/self/mountinfo", "28 1 0:9 / /etc/shared rw - nfs4 x rw\n");
    walk(hours(1));
    CHECK(*samples.value("files_watched_count") == 1);
    CHECK(*samples.value("directories_unwatched_count") == 1);
    directory.write("proc/self/mountinfo", "28 1 0:9 / /etc rw - nfs4 x rw\n");
    now.monotonic_ns += FileChangesCollector::kPause.ns;
    samples.begin(now);
    const Status status = changes.collect(root, samples);
    REQUIRE_FALSE(status);
    CHECK(status.error().text == "/etc: not watched: its mount may hang");
    CHECK(*samples.value("files_watched_count") == 0);
}

TEST_CASE_FIXTURE(Fixture, "file_changes: a removal is a change of its directory") {
    const std::string path = directory.write("etc/app/old.conf", "a");
    walk(Duration{});
    REQUIRE(::unlink(path.c_str()) == 0);
    walk(milliseconds(1));
    CHECK(told().find("/etc/app: /etc/app: something in it was removed or renamed\n") !=
          std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "file_changes: a set-user-id file says so") {
    walk(Duration{});
    const std::string path = directory.write("etc/app/tool", "a");
    REQUIRE(::chmod(path.c_str(), 04755) == 0);
    walk(milliseconds(1));
    CHECK(told().find("runs as its owner (setuid)") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "file_changes: what was changed shortly before our start is told too") {
    directory.write("etc/fstab", "a");
    walk(minutes(5));
    REQUIRE(bench.events().all().size() == 1);
    CHECK(bench.events().all()[0].object == "/etc/fstab");
    CHECK(now - bench.events().all()[0].at >= minutes(4));
}

TEST_CASE_FIXTURE(Fixture, "file_changes: many changes are counted, the first ones named") {
    for (int i = 0; i < 100; ++i) directory.write("etc/d/" + std::to_string(i), "a");
    walk(minutes(1));
    REQUIRE(bench.events().all().size() == FileChangesCollector::kNamedMax + 1);
    CHECK(bench.events().all().back().text.view().ends_with("more files were changed"));
}

TEST_CASE_FIXTURE(Fixture, "file_changes: a large tree is walked in portions, allocating nothing") {
    for (int d = 0; d < 12; ++d) {
        for (int i = 0; i < 100; ++i) {
            directory.write("etc/" + std::to_string(d) + "/" + std::to_string(i), "");
        }
    }
    walk(hours(1));
    CHECK_FALSE(samples.value("files_watched_count"));
    for (int i = 0; i < 3; ++i) {
        samples.begin(now);
        const AllocationGuard guard;
        const bool good = changes.collect(root, samples).has_value();
        CHECK(guard.count() == 0);
        CHECK(good);
    }
    CHECK(*samples.value("files_watched_count") == 1200);
    CHECK(*samples.value("directories_unwatched_count") == 0);
}

TEST_CASE("file_changes: nothing to watch is no source") {
    test::Watch watch;
    FileChangesCollector changes(watch.bench);
    CHECK(watch.collect(changes, test::MemoryRoot{}).error().code == Errc::NotAvailable);
}
