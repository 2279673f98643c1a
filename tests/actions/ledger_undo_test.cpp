// How runs are taken back, and a person's pause (actions/ledger_undo.cpp).
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "tests/actions/timeline.hpp"

namespace homeostat::test {
namespace {

LedgerUndo undo_of(std::string rule, std::string target, std::int64_t until_ns = 0) {
    LedgerUndo undo;
    undo.rule = std::move(rule);
    undo.target = std::move(target);
    undo.playbook = "back.yml";
    undo.until_ns = until_ns;
    return undo;
}

TEST_CASE("ledger: how the newest run of a rule on a target is taken back is remembered") {
    Timeline host;
    host.ledger.advance(host.boot, host.now);
    REQUIRE(host.ledger.remember(undo_of("a", "/x")));
    REQUIRE(host.ledger.remember(undo_of("a", "/y")));
    LedgerUndo newer = undo_of("a", "/x");
    newer.playbook = "newer.yml";
    REQUIRE(host.ledger.remember(newer));
    CHECK(host.ledger.undos().size() == 2);
    CHECK(host.ledger.undo_of("a", "/x")->playbook == "newer.yml");
    CHECK(host.ledger.undo_of("b", "/x") == nullptr);
    host.ledger.forget_undo("a", "/x");
    CHECK(host.ledger.undo_of("a", "/x") == nullptr);
    host.pass(kRunsKept + seconds(1));
    CHECK(host.ledger.undos().empty());
    for (std::size_t i = 0; i < kUndosMax; ++i) {
        REQUIRE(host.ledger.remember(undo_of(std::to_string(i), "/x")));
    }
    CHECK(host.ledger.remember(undo_of("more", "/x")).error().code == Errc::Limit);
}

TEST_CASE("ledger: a time box is due at its end, three times, and never too old to be ended") {
    Timeline host;
    host.ledger.advance(host.boot, host.now);
    REQUIRE(host.ledger.remember(undo_of("a", "/x", host.ledger.time_ns() + minutes(10).ns)));
    const auto due = [&] {
        const LedgerUndo* undo = host.ledger.undo_of("a", "/x");
        return undo != nullptr && undo->is_due(host.ledger.time_ns());
    };
    CHECK_FALSE(due());
    host.pass(kRunsKept * 2);
    CHECK(due());
    for (std::uint32_t i = 0; i < kUndoTriesMax; ++i) {
        CHECK(due());
        host.ledger.count_try("a", "/x");
        CHECK_FALSE(due());
        host.pass(kUndoRetry);
    }
    CHECK_FALSE(due());
}

TEST_CASE("ledger: what systemd forgets at a reboot is forgotten here as well") {
    Timeline host;
    host.ledger.advance(host.boot, host.now);
    LedgerUndo both = undo_of("a", "x.service");
    both.changes = {{"CPUWeight", "", "20"}};
    LedgerUndo shares = undo_of("b", "x.service");
    shares.playbook.clear();
    shares.changes = both.changes;
    REQUIRE(host.ledger.remember(both));
    REQUIRE(host.ledger.remember(shares));
    host.reboot(minutes(1), minutes(1));
    REQUIRE(host.ledger.undos().size() == 1);
    CHECK(host.ledger.undos()[0].playbook == "back.yml");
    CHECK(host.ledger.undos()[0].changes.empty());
}

TEST_CASE("ledger: a pause ends by itself or by a person, whatever the wall clock does") {
    Timeline host;
    host.ledger.advance(host.boot, host.now);
    CHECK_FALSE(host.ledger.paused());
    host.ledger.pause(hours(2));
    CHECK(host.ledger.paused() == hours(2));
    host.now.unix_ns += hours(1000).ns;
    host.pass(minutes(119));
    CHECK(host.ledger.paused() == minutes(1));
    host.pass(minutes(1));
    CHECK_FALSE(host.ledger.paused());
    host.ledger.pause(kPausedForGood);
    host.pass(hours(10'000));
    CHECK(host.ledger.paused() == kPausedForGood);
    host.reboot(hours(1), minutes(1));
    CHECK(host.ledger.paused() == kPausedForGood);
    host.ledger.resume();
    CHECK_FALSE(host.ledger.paused());
}

}  // namespace
}  // namespace homeostat::test
