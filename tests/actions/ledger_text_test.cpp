// The ledger as text (actions/ledger_text.cpp).
#include <doctest/doctest.h>

#include <string>

#include "actions/sha256.hpp"
#include "tests/actions/timeline.hpp"

namespace homeostat::test {
namespace {

TEST_CASE("ledger: the text comes back whole, and any changed byte is seen") {
    Timeline host;
    REQUIRE(host.run(on("r \"\xff", "/a"), Outcome::Ineffective));
    REQUIRE(host.run(on("s", "/b"), Outcome::Unknown));
    const std::string text = host.ledger.to_text();
    const auto back = Ledger::parse(text);
    REQUIRE(back);
    CHECK(back->runs().size() == 2);
    CHECK(back->runs()[0].outcome == Outcome::Ineffective);
    CHECK(back->runs()[1].target == "/b");
    CHECK(back->time_ns() == host.ledger.time_ns());
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x04);
        CHECK_FALSE(Ledger::parse(damaged));
        CHECK_FALSE(Ledger::parse(std::string_view(text).substr(0, at)));
    }
}

TEST_CASE("ledger text: what takes a run back, and a pause, come back as well") {
    Timeline host;
    host.ledger.advance(host.boot, host.now);
    LedgerUndo undo;
    undo.rule = "r";
    undo.target = "x.service";
    undo.incident = "019ab3c4-0000-7000-8000-000000000000";
    undo.playbook = "back.yml";
    undo.changes = {{"CPUWeight", "", "20"}, {"MemoryHigh", "infinity", "4096"}};
    undo.until_ns = host.ledger.time_ns() + 5;
    undo.tries = 2;
    REQUIRE(host.ledger.remember(undo));
    host.ledger.pause(minutes(7));
    const auto back = Ledger::parse(host.ledger.to_text());
    REQUIRE(back);
    REQUIRE(back->undos().size() == 1);
    const LedgerUndo& read = back->undos()[0];
    CHECK(read.rule == undo.rule);
    CHECK(read.target == undo.target);
    CHECK(read.incident == undo.incident);
    CHECK(read.playbook == undo.playbook);
    CHECK(read.changes == undo.changes);
    CHECK(read.until_ns == undo.until_ns);
    CHECK(read.began_ns == host.ledger.time_ns());
    CHECK(read.tries == 2);
    CHECK(back->paused() == minutes(7));
}

// With a checksum that fits, so that what is refused is the content.
std::string with_checksum(const std::string& body) {
    return std::string(sha256_hex(body).view()) + "\n" + body;
}

TEST_CASE("ledger text: one of a version without undo and pause is read, a wrong one is not") {
    const std::string text = Ledger{}.to_text();
    std::string body = text.substr(kSha256HexSize + 1);
    REQUIRE(Ledger::parse(with_checksum(body)));
    const auto without = [&](std::string_view key, std::string_view value) {
        std::string out = body;
        const auto at = out.find(fmt::format("\"{}\": {}", key, value));
        REQUIRE(at != std::string::npos);
        out.replace(at + 1, key.size(), "x");
        return out;
    };
    CHECK(Ledger::parse(with_checksum(without("undos", "[]"))));
    CHECK(Ledger::parse(with_checksum(without("paused_until_ns", "0"))));
    CHECK_FALSE(Ledger::parse(with_checksum(without("runs", "[]"))));
    const auto at = body.find("\"undos\": []");
    REQUIRE(at != std::string::npos);
    body.replace(at, 11, "\"undos\": [{}]");
    CHECK_FALSE(Ledger::parse(with_checksum(body)));
}

}  // namespace
}  // namespace homeostat::test
