#include "collectors/log_files.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/collectors/fixture_host.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

class Lines final : public LineSink {
public:
    void take(const LogLine& line) override {
        all += fmt::format("{} {}\n", line.source, line.text);
    }
    std::string all;
};

}  // namespace

TEST_CASE("log_files: hands the lines of each file on, and tells which one it cannot read") {
    const test::TemporaryDirectory directory;
    const auto files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    Lines lines;
    WorkbenchSettings settings;
    settings.files = &files;
    settings.lines = &lines;
    settings.log_files = {"/var/log/a.log", "/var/log/none.log"};
    test::Watch watch;
    Workbench bench(settings);
    LogFilesCollector log_files(bench);
    const std::string path = directory.write("var/log/a.log", "old\n");
    CHECK(watch.collect(log_files, test::MemoryRoot{}).error().code == Errc::NotFound);
    std::ofstream(path, std::ios::app) << "one\ntwo\n";
    CHECK(watch.collect(log_files, test::MemoryRoot{}).error().code == Errc::NotFound);
    CHECK(lines.all == "/var/log/a.log one\n/var/log/a.log two\n");
    CHECK(*watch.value("log_lines_count", SubjectKind::Target, "/var/log/a.log") == 2);
    CHECK(*watch.value("log_lost_bytes", SubjectKind::Target, "/var/log/a.log") == 0);
    directory.write("var/log/none.log", "new\n");
    REQUIRE(watch.collect(log_files, test::MemoryRoot{}));
    CHECK(lines.all.ends_with("/var/log/none.log new\n"));
}

TEST_CASE("log_files: a file on a mount that may hang is not read while it is one") {
    const test::TemporaryDirectory directory;
    const auto files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    WorkbenchSettings settings;
    settings.files = &files;
    settings.log_files = {"/nas/a.log", "/var/log/b.log"};
    test::Watch watch;
    Workbench bench(settings);
    LogFilesCollector log_files(bench);
    directory.write("nas/a.log", "");
    directory.write("var/log/b.log", "");
    test::MemoryRoot root;
    root.set("proc/self/mountinfo", "28 1 0:9 / /nas rw - fuse.sshfs x rw\n");
    const auto status = watch.collect(log_files, root);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::Io);
    CHECK_FALSE(watch.value("log_lines_count", SubjectKind::Target, "/nas/a.log"));
    CHECK(watch.value("log_lines_count", SubjectKind::Target, "/var/log/b.log"));
    root.set("proc/self/mountinfo", "28 1 8:9 / /nas rw - ext4 x rw\n");
    for (std::uint32_t i = 1; i < LogFilesCollector::kMountLooks; ++i) {
        CHECK_FALSE(watch.collect(log_files, root));
    }
    CHECK(watch.collect(log_files, root));
    CHECK(watch.value("log_lines_count", SubjectKind::Target, "/nas/a.log"));
}

TEST_CASE("log_files: none configured is no source") {
    test::Watch watch;
    LogFilesCollector log_files(watch.bench);
    CHECK(watch.collect(log_files, test::MemoryRoot{}).error().code == Errc::NotAvailable);
}
