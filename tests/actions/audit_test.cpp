#include "actions/audit.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "core/file.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat {
namespace {

const Instant kNow = test::ManualClock().now();

void write_lines(const std::string& directory, int count) {
    auto log = AuditLog::open(directory, kNow);
    REQUIRE(log);
    for (int i = 0; i < count; ++i) {
        const std::string value = "line " + std::to_string(i);
        const std::array<AuditField, 2> fields{{{"rule", "r"}, {"detail", value}}};
        REQUIRE(log->append("ran", fields, kNow));
    }
}

std::string content(const std::string& path) {
    const auto text = read_file(path, 64 * 1024 * 1024);
    REQUIRE(text);
    return *text;
}

TEST_CASE("audit (RULES B25): lines are JSON, root-only, numbered and chained over restarts") {
    const test::TemporaryDirectory state;
    write_lines(state.path(), 3);
    write_lines(state.path(), 2);
    const auto summary = verify_audit(state.path());
    REQUIRE_MESSAGE(summary.has_value(), std::string(summary ? "" : summary.error().text.c_str()));
    CHECK(summary->lines == 5);
    CHECK(summary->first_seq == 1);
    CHECK(summary->head.seq == 5);
    CHECK(summary->missing == 0);
    struct stat status {};
    REQUIRE(::stat((state / "audit.log").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    const std::string text = content(state / "audit.log");
    const auto line = nlohmann::json::parse(text.substr(0, text.find('\n')));
    CHECK(line["entry"]["seq"] == 1);
    CHECK(line["entry"]["event"] == "ran");
    CHECK(line["entry"]["rule"] == "r");
    CHECK(line["entry"]["time"] == "2026-11-20T12:00:00.000Z");
    CHECK(line["hash"].get<std::string>().size() == 64);
}

TEST_CASE("audit: any bytes may be logged, and a huge field is cut, not refused") {
    const test::TemporaryDirectory state;
    auto log = AuditLog::open(state.path(), kNow);
    REQUIRE(log);
    const std::string huge(100'000, '\x01');
    const std::array<AuditField, 3> fields{
        {{"a", "\xff\xfe\"\n\\ {{ }}"}, {"b", huge}, {"c", std::string_view("\0x", 2)}}};
    REQUIRE(log->append("refused", fields, kNow));
    REQUIRE(log->append("refused", {}, kNow));
    const auto summary = verify_audit(state.path());
    REQUIRE(summary);
    CHECK(summary->lines == 2);
    CHECK(content(state / "audit.log").size() < 2 * kAuditLineMax);
}

TEST_CASE("audit (RULES D25): each of 10,000 edits, cuts, swaps and replays is found") {
    const test::TemporaryDirectory state;
    write_lines(state.path(), 12);
    const std::string path = state / "audit.log";
    const std::string good = content(path);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < good.size();) {
        const std::size_t end = good.find('\n', at) + 1;
        lines.push_back(good.substr(at, end - at));
        at = end;
    }
    std::minstd_rand random(7);
    const auto pick = [&](std::size_t count) { return random() % count; };
    for (int i = 0; i < 10'000; ++i) {
        std::string bad = good;
        auto changed = lines;
        const std::size_t a = pick(lines.size());
        const std::size_t b = pick(lines.size());
        switch (i % 5) {
            case 0: bad[pick(bad.size())] ^= static_cast<char>(1 + pick(255)); break;
            case 1: changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(a)); break;
            case 2: std::swap(changed[a], changed[(a + 1) % changed.size()]); break;
            case 3:
                changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(a), lines[b]);
                break;
            default: changed.resize(a); break;
        }
        if (i % 5 != 0) {
            bad.clear();
            for (const std::string& line : changed) bad += line;
        }
        REQUIRE(write_file_atomically(path, bad, 0600));
        CAPTURE(i);
        CHECK_FALSE(verify_audit(state.path()));
    }
    REQUIRE(write_file_atomically(path, good, 0600));
    CHECK(verify_audit(state.path()));
}

TEST_CASE("audit (RULES B15): half a line, as after a crash, is taken away and the chain goes on") {
    const test::TemporaryDirectory state;
    write_lines(state.path(), 3);
    const std::string path = state / "audit.log";
    const std::string good = content(path);
    REQUIRE(write_file_atomically(path, good + R"({"hash":"12)", 0600));
    write_lines(state.path(), 1);
    const auto summary = verify_audit(state.path());
    REQUIRE(summary);
    CHECK(summary->lines == 4);
}

TEST_CASE("audit: lines that were cut off are told of in the log itself") {
    const test::TemporaryDirectory state;
    write_lines(state.path(), 5);
    const std::string path = state / "audit.log";
    std::string cut = content(path);
    for (int i = 0; i < 2; ++i) cut.resize(cut.rfind('\n', cut.size() - 2) + 1);
    REQUIRE(write_file_atomically(path, cut, 0600));
    const auto verified = verify_audit(state.path());
    REQUIRE_FALSE(verified);
    CHECK(verified.error().text.view().find("2 lines are missing at the end") !=
          std::string_view::npos);
    write_lines(state.path(), 1);
    CHECK(content(path).find(R"("event":"cut","missing":"2")") != std::string::npos);
    const auto after = verify_audit(state.path());
    REQUIRE(after);
    CHECK(after->missing == 2);
    CHECK(after->head.seq == 7);  // 5, the one that tells, and one more
}

TEST_CASE("audit: a last line that was changed is told of") {
    const test::TemporaryDirectory state;
    write_lines(state.path(), 2);
    const std::string path = state / "audit.log";
    std::string changed = content(path);
    changed[changed.find("line 1")] = 'L';
    REQUIRE(write_file_atomically(path, changed, 0600));
    write_lines(state.path(), 1);
    CHECK(content(path).find(R"("event":"damaged")") != std::string::npos);
    CHECK_FALSE(verify_audit(state.path()));
}

TEST_CASE("audit: the files go round and the chain holds over them") {
    const test::TemporaryDirectory state;
    auto log = AuditLog::open(state.path(), kNow, 2000);
    REQUIRE(log);
    const std::string wide(300, 'x');
    const std::array<AuditField, 1> fields{{{"a", wide}}};
    constexpr std::size_t kLines = 40;  // some five to a file: eight files, of which four are kept
    for (std::size_t i = 0; i < kLines; ++i) REQUIRE(log->append("ran", fields, kNow));
    CHECK(::access((state / "audit.log.3").c_str(), F_OK) == 0);
    CHECK(::access((state / "audit.log.4").c_str(), F_OK) != 0);
    const auto summary = verify_audit(state.path());
    REQUIRE_MESSAGE(summary.has_value(), std::string(summary ? "" : summary.error().text.c_str()));
    CHECK(summary->first_seq > 1);
    CHECK(summary->head.seq == kLines);
    // Without its oldest file the log no longer reaches back far enough to be whole.
    REQUIRE(::unlink((state / "audit.log.3").c_str()) == 0);
    CHECK_FALSE(verify_audit(state.path()));
}

TEST_CASE(
    "audit (RULES B25): a log that was replaced as a whole is not the one whose head was told") {
    const test::TemporaryDirectory truth;
    write_lines(truth.path(), 3);
    const AuditMark told = mark_of(verify_audit(truth.path())->head);
    CHECK(parse_audit_mark(to_text(told))->hash == told.hash);
    write_lines(truth.path(), 2);
    CHECK(verify_audit(truth.path(), told));  // it has grown since, and that is fine

    const test::TemporaryDirectory forged;  // whole in itself
    {
        auto log = AuditLog::open(forged.path(), kNow);
        REQUIRE(log);
        for (int i = 0; i < 5; ++i) REQUIRE(log->append("nothing", {}, kNow));
    }
    CHECK(verify_audit(forged.path()));
    CHECK(verify_audit(forged.path(), told).error().text.view().find("line 3 is not the one") !=
          std::string_view::npos);

    const test::TemporaryDirectory cut;
    write_lines(cut.path(), 2);
    CHECK(verify_audit(cut.path(), told).error().text.view().find("line 3, which was told") !=
          std::string_view::npos);
}

TEST_CASE("audit: where there is no line nothing is called unbroken") {
    CHECK(verify_audit("/nonexistent/state").error().code == Errc::NotFound);
    const test::TemporaryDirectory state;
    CHECK(verify_audit(state.path()).error().code == Errc::NotFound);
    write_lines(state.path(), 3);
    REQUIRE(verify_audit(state.path()));
    REQUIRE(::unlink((state / "audit.log").c_str()) == 0);
    CHECK(verify_audit(state.path()).error().code == Errc::Invalid);  // its head tells of three
    REQUIRE(::unlink((state / "audit.head").c_str()) == 0);
    const auto removed = verify_audit(state.path());
    REQUIRE_FALSE(removed);
    CHECK(removed.error().code == Errc::NotFound);
    CHECK(removed.error().text.view().find("the log was removed") != std::string_view::npos);
}

TEST_CASE("audit: what is no head of a log is refused") {
    const std::string hash(32, 'a');
    CHECK(parse_audit_mark("7:" + hash));
    for (const std::string& text :
         {std::string(), std::string("7"), "7:" + hash + "a", "7:" + hash.substr(1), ":" + hash,
          "x:" + hash, "7:" + std::string(32, 'A'), "-7:" + hash}) {
        CAPTURE(text);
        CHECK_FALSE(parse_audit_mark(text));
    }
}

TEST_CASE("audit (RULES B25): silence is counted from the last line, and never below nought") {
    const test::TemporaryDirectory state;
    auto log = AuditLog::open(state.path(), kNow);
    REQUIRE(log);
    CHECK(log->silence(kNow) == kAuditHeartbeat);  // an empty log
    REQUIRE(log->append("ran", {}, kNow));
    struct stat status {};
    REQUIRE(::stat((state / "audit.log").c_str(), &status) == 0);
    Instant now = kNow;
    now.unix_ns =
        static_cast<std::int64_t>(status.st_mtim.tv_sec) * seconds(1).ns + status.st_mtim.tv_nsec;
    CHECK(log->silence(now) == Duration{});
    CHECK(log->silence(now + minutes(7)) == minutes(7));
    now.unix_ns -= 1;  // the clock was set back
    CHECK(log->silence(now) == kAuditHeartbeat);
}

TEST_CASE("audit (RULES C2 row 10): a state directory that others can write is refused") {
    const test::TemporaryDirectory state;
    REQUIRE(::chmod(state.path().c_str(), 0777) == 0);
    CHECK(AuditLog::open(state.path(), kNow).error().code == Errc::Denied);
    const test::TemporaryDirectory other;
    CHECK(AuditLog::open(other / "none", kNow).error().code == Errc::NotFound);
}

}  // namespace
}  // namespace homeostat
