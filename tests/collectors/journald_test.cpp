#include "collectors/journald.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fixture_host.hpp"
#include "tests/collectors/journal_builder.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;
using test::JournalBuilder;

namespace {

class Lines final : public LineSink {
public:
    void take(const LogLine& line) override {
        if (count++ == 0) first = fmt::format("{} {} {}", line.source, line.priority, line.text);
    }
    int count = 0;
    std::string first;
};

struct Fixture {
    test::TemporaryDirectory directory;
    DirectoryRoot root = std::move(*DirectoryRoot::open(directory.path().c_str()));
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    Lines lines;
    test::Watch watch;
    Workbench bench{settings()};
    JournaldCollector journald{bench};
    JournalBuilder journal;

    WorkbenchSettings settings() {
        WorkbenchSettings settings = test::with_files(files);
        settings.lines = &lines;
        return settings;
    }
    void write() {
        directory.write("etc/machine-id", "abc\n");
        directory.write("var/log/journal/abc/system.journal", journal.bytes());
    }
    void begin() {
        journal.add(1, {"MESSAGE=before"});
        write();
        REQUIRE(watch.collect(journald, root));
        bench.events().begin();
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "journald: counts lines, warnings of units, and tells what happened") {
    begin();
    journal.add(2, {"MESSAGE=slow", "PRIORITY=4", "_SYSTEMD_UNIT=app.service"});
    journal.add(3, {"MESSAGE=dead", "PRIORITY=3", "_SYSTEMD_UNIT=app.service"});
    journal.add(4, {"MESSAGE=fine", "PRIORITY=6", "_SYSTEMD_UNIT=other.service"});
    journal.add(5, {"MESSAGE=I/O error, dev sda, sector 8", "PRIORITY=3", "_TRANSPORT=kernel"});
    journal.add(6, {"MESSAGE=Started a.", "MESSAGE_ID=39f53479d3a045ac8e11786248231fbf",
                    "UNIT=a.service", "_PID=1"});
    write();
    REQUIRE(watch.collect(journald, root));
    CHECK(*watch.value("journal_lines_count") == 5);
    CHECK(*watch.value("journal_errors_count") == 2);
    CHECK(*watch.value("unit_log_warnings_count", SubjectKind::Unit, "app.service") == 2);
    CHECK_FALSE(watch.value("unit_log_warnings_count", SubjectKind::Unit, "other.service"));
    REQUIRE(bench.events().all().size() == 2);
    CHECK(bench.events().all()[0].kind == EventKind::IoError);
    CHECK(bench.events().all()[1].kind == EventKind::UnitStarted);
    CHECK(lines.count == 5);
    CHECK(lines.first == "app.service 4 slow");
}

TEST_CASE_FIXTURE(Fixture,
                  "journald: leaves the kernel's lines to who reads them at their source") {
    begin();
    bench.set_kernel_log_is_read(true);
    journal.add(2, {"MESSAGE=I/O error, dev sda, sector 8", "_TRANSPORT=kernel"});
    write();
    REQUIRE(watch.collect(journald, root));
    CHECK(*watch.value("journal_lines_count") == 1);
    CHECK(bench.events().all().empty());
    CHECK(lines.count == 0);
}

TEST_CASE_FIXTURE(Fixture, "journald: what smartd and dmeventd say of a disk is told once a day") {
    begin();
    const std::string pending = "MESSAGE=Device: /dev/sda [SAT], 8 Currently unreadable sectors";
    const auto say = [&](std::int64_t at, const std::string& message, const char* who,
                         const char* priority, const char* uid = "_UID=0") {
        journal.add(at, {message, std::string("SYSLOG_IDENTIFIER=") + who,
                         std::string("PRIORITY=") + priority, uid});
    };
    say(2, pending, "smartd", "2");
    say(3, "MESSAGE=Device: /dev/sdb [SAT], is fine", "smartd", "6");
    say(4, "MESSAGE=Device #1 of raid1 array, vg-data, has failed.", "dmeventd", "3");
    say(5, "MESSAGE=Device: /dev/sdc is a liar's", "smartd", "0", "_UID=1000");
    say(6, pending, "smartd", "2");
    write();
    REQUIRE(watch.collect(journald, root));
    REQUIRE(bench.events().all().size() == 2);
    CHECK(bench.events().all()[0].kind == EventKind::IoError);
    CHECK(bench.events().all()[0].subject == Subject{SubjectKind::Device, "sda"});
    CHECK(bench.events().all()[1].subject == Subject{});
    CHECK(bench.events().all()[1].object == "dmeventd");
    bench.events().begin();
    watch.clock.advance(hours(25));
    say(7, pending, "smartd", "2");
    write();
    REQUIRE(watch.collect(journald, root));
    CHECK(bench.events().all().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "journald: messages that are packed too well are counted and said so") {
    begin();
    CHECK(journald.limit().empty());
    const std::string pod = "cri-containerd-" + std::string(64, 'a') + ".scope";
    journal.compress_next(JournalBuilder::Lz4)
        .add(2, {"MESSAGE=" + std::string(600, 'y'), "PRIORITY=3", "_SYSTEMD_UNIT=" + pod});
    write();
    REQUIRE(watch.collect(journald, root));
    CHECK(*watch.value("journal_lines_count") == 1);
    CHECK(*watch.value("journal_unread_count") == 1);
    CHECK(*watch.value("unit_log_warnings_count", SubjectKind::Unit, pod) == 1);
    CHECK(journald.limit().find("LZ4") != std::string_view::npos);
}

TEST_CASE_FIXTURE(Fixture, "journald: a second of a busy journal allocates nothing") {
    begin();
    for (int i = 0; i < 1000; ++i) {
        journal.add(i + 2, {"MESSAGE=line " + std::to_string(i), "PRIORITY=4",
                            "_SYSTEMD_UNIT=u" + std::to_string(i % 100) + ".service"});
    }
    write();
    lines.count = 1;
    watch.samples.begin(watch.clock.now());
    const AllocationGuard guard;
    const bool good = journald.collect(root, watch.samples).has_value();
    CHECK(guard.count() == 0);
    CHECK(good);
    CHECK(*watch.value("journal_lines_count") == 1000);
}

TEST_CASE("journald: without a journal there is nothing to watch") {
    test::Watch watch;
    JournaldCollector journald(watch.bench);
    CHECK(watch.collect(journald, test::MemoryRoot{}).error().code == Errc::NotAvailable);
}
