#include "actions/audit_tail.hpp"

#include <doctest/doctest.h>

#include <array>

#include "actions/audit.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat {

TEST_CASE("audit tail: the last lines of a log, told in words") {
    const test::TemporaryDirectory state;
    CHECK_FALSE(last_audit_lines(state.path(), 3));
    const Instant now = test::ManualClock().now();
    auto log = AuditLog::open(state.path(), now);
    REQUIRE(log);
    for (const std::string_view detail : {"one", "two", "three \x01 \xff"}) {
        const std::array<AuditField, 3> fields{
            {{"rule", "clean"}, {"mode", "auto"}, {"detail", detail}}};
        REQUIRE(log->append("ran", fields, now));
    }
    const auto lines = last_audit_lines(state.path(), 2);
    REQUIRE(lines);
    REQUIRE(lines->size() == 2);
    const std::string told = tell_audit_line((*lines)[0]);
    CHECK(told.ends_with("  ran        'clean' (auto)  two"));
    CHECK(last_audit_lines(state.path(), 10)->size() == 3);
    CHECK(last_audit_lines(state.path(), 0)->empty());
}

TEST_CASE("audit tail: what is no line of the log is shown as that") {
    for (const std::string_view line : {"", "{", "[]", "{}", R"({"entry":3})", "\xff\x01"}) {
        CAPTURE(line);
        CHECK(tell_audit_line(line).starts_with("not a line of this log: "));
    }
    CHECK(tell_audit_line(R"({"entry":{"rule":3,"event":null}})") == std::string(11, ' '));
}

}  // namespace homeostat
