#include "collectors/login_records.hpp"

#include <doctest/doctest.h>
#include <utmp.h>

#include <cstring>

#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fixture_host.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

std::string record_of(short type, std::string_view user, std::string_view line,
                      std::string_view host) {
    struct utmp entry {};
    entry.ut_type = type;
    std::memcpy(entry.ut_user, user.data(), std::min<std::size_t>(user.size(), UT_NAMESIZE));
    std::memcpy(entry.ut_line, line.data(), std::min<std::size_t>(line.size(), UT_LINESIZE));
    std::memcpy(entry.ut_host, host.data(), std::min<std::size_t>(host.size(), UT_HOSTSIZE));
    return {reinterpret_cast<const char*>(&entry), sizeof entry};
}

struct Fixture {
    test::TemporaryDirectory directory;
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    test::Watch watch;
    Workbench bench{test::with_files(files)};
    LoginsCollector logins{bench};
    FailedLoginsCollector refused{bench};

    Status collect(Collector& collector) {
        bench.events().begin();
        watch.clock.advance(seconds(5));
        return watch.collect(collector, test::MemoryRoot{});
    }
    [[nodiscard]] auto events() const { return bench.events().all(); }
};

}  // namespace

TEST_CASE("login records: a session that begins, and records of other kinds") {
    const std::string session = record_of(USER_PROCESS, "ada", "pts/0", "10.0.0.7");
    const auto login = parse_login_record(session, false);
    REQUIRE(login);
    CHECK(login->is_login);
    CHECK(login->user == "ada");
    CHECK(login->terminal == "pts/0");
    CHECK(login->from == "10.0.0.7");
    CHECK_FALSE(parse_login_record(record_of(DEAD_PROCESS, "", "pts/0", ""), false)->is_login);
    CHECK_FALSE(parse_login_record(record_of(BOOT_TIME, "reboot", "~", "6.1"), false)->is_login);
    CHECK_FALSE(
        parse_login_record(record_of(LOGIN_PROCESS, "x", "ssh:notty", ""), false)->is_login);
    CHECK(parse_login_record(record_of(LOGIN_PROCESS, "x", "ssh:notty", ""), true)->is_login);
}

TEST_CASE("login records: names fill their fields or hold anything; other sizes are no record") {
    const std::string full(300, 'u');
    const std::string filled = record_of(USER_PROCESS, full, full, full);
    const auto wide = parse_login_record(filled, false);
    REQUIRE(wide);
    CHECK(wide->user.size() == UT_NAMESIZE);
    CHECK(wide->terminal.size() == UT_LINESIZE);
    const std::string strange = record_of(USER_PROCESS, "a\nb", "\xFF", "h\x1B[31m");
    const auto odd = parse_login_record(strange, false);
    REQUIRE(odd);
    CHECK(odd->user == "a");
    CHECK(odd->terminal.empty());
    CHECK(odd->from == "h");
    CHECK_FALSE(parse_login_record("", false));
    CHECK_FALSE(parse_login_record(std::string(login_record_bytes() - 1, 'x'), false));
    for (const std::string& text : test::hostile_texts())
        CHECK_FALSE(parse_login_record(text, true));
}

TEST_CASE_FIXTURE(Fixture, "login records: only what is added is told, through rotation") {
    const std::string old = record_of(USER_PROCESS, "old", "tty1", "");
    directory.write("var/log/wtmp", old);
    REQUIRE(collect(logins));
    CHECK(events().empty());
    const std::string added = record_of(USER_PROCESS, "ada", "pts/0", "10.0.0.7");
    directory.write("var/log/wtmp", old + added + added.substr(0, 100));  // one is being written
    REQUIRE(collect(logins));
    REQUIRE(events().size() == 1);
    CHECK(events()[0].kind == EventKind::Login);
    CHECK(events()[0].object == "ada");
    CHECK(events()[0].text == "ada logged in on pts/0 from 10.0.0.7");
    CHECK(*watch.value("logins_count") == 1);
    directory.write("var/log/wtmp.new", record_of(USER_PROCESS, "bob", "tty2", ""));
    std::filesystem::rename(directory.path() + "/var/log/wtmp.new",
                            directory.path() + "/var/log/wtmp");
    REQUIRE(collect(logins));
    REQUIRE(events().size() == 1);
    CHECK(events()[0].text == "bob logged in on tty2");
    directory.write("var/log/wtmp", "");
    REQUIRE(collect(logins));
    CHECK(events().empty());
}

TEST_CASE_FIXTURE(Fixture, "login records: a burst of refusals is told once a minute") {
    directory.write("var/log/btmp", "");
    REQUIRE(collect(refused));
    std::string text;
    for (int i = 0; i < 40; ++i) text += record_of(LOGIN_PROCESS, "root", "ssh:notty", "192.0.2.9");
    directory.write("var/log/btmp", text);
    REQUIRE(collect(refused));
    REQUIRE(events().size() == 1);
    CHECK(events()[0].kind == EventKind::LoginFailures);
    CHECK(events()[0].object == "192.0.2.9");
    CHECK(events()[0].text ==
          "10 failed logins within a minute, the last one: root from 192.0.2.9");
    CHECK(*watch.value("logins_refused_count") == 40);
}

TEST_CASE_FIXTURE(Fixture,
                  "login records: a flood is counted, and read only as far as is bounded") {
    directory.write("var/log/btmp", "");
    REQUIRE(collect(refused));
    const std::string one = record_of(LOGIN_PROCESS, "x", "ssh:notty", "h");
    std::string text;
    for (std::uint32_t i = 0; i < 3 * LoginRecordFile::kRecordsMax; ++i) text += one;
    directory.write("var/log/btmp", text);
    REQUIRE(collect(refused));
    CHECK(*watch.value("logins_refused_count") == 3 * LoginRecordFile::kRecordsMax);
}

TEST_CASE_FIXTURE(Fixture, "login records: no file, or a journal that is read, is no trouble") {
    CHECK(collect(logins).error().code == Errc::NotAvailable);
    // A file that appears later is new from its start.
    directory.write("var/log/wtmp", record_of(USER_PROCESS, "first", "tty1", ""));
    REQUIRE(collect(logins));
    CHECK(events().size() == 1);
    bench.set_journal_is_read(true);
    CHECK(collect(logins).error().code == Errc::NotAvailable);
    CHECK(collect(refused).error().code == Errc::NotAvailable);
}
