#include "agent/fleet/rollout_record.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace homeostat;

namespace {

std::string digest(char c) {
    return std::string(64, c);
}

RolloutRecord example() {
    RolloutRecord record;
    record.channel = "prod";
    record.highest = {7, digest('a')};
    record.good = {6, digest('b')};
    record.trial = {7, digest('a')};
    record.trial_boot = "boot-id";
    record.waiting = {8, digest('c')};
    record.waiting_since_unix_ns = 12345;
    record.failed = {5, digest('d')};
    record.failure = "bundle:3:1: unknown key 'x'";
    record.returned = true;
    record.elsewhere = {{"test", {9, digest('e')}, true}, {"other", {2, digest('f')}, false}};
    record.add_event({1, {5, digest('d')}, "refused", "two\nlines"});
    return record;
}

}  // namespace

TEST_CASE("rollout_record: what is written is read again") {
    const RolloutRecord record = example();
    const auto again = parse_rollout_record(to_text(record));
    if (!again) MESSAGE(again.error().text.view());
    REQUIRE(again);
    CHECK(to_text(*again) == to_text(record));
    CHECK(again->trial == record.trial);
    CHECK(again->trial_boot == "boot-id");
    CHECK(again->failure == record.failure);
    REQUIRE(again->history.size() == 1);
    CHECK(again->history[0].text == "two lines");
    CHECK(again->in_force() == record.trial);
    CHECK(parse_rollout_record(to_text(RolloutRecord{})));
}

TEST_CASE("rollout_record: of a channel that is left the highest version stays, of a few") {
    RolloutRecord record = example();
    record.elsewhere.clear();
    record.good = record.highest;
    record.follow("test");
    CHECK(record.channel == "test");
    CHECK_FALSE(record.highest.known());
    CHECK_FALSE(record.good.known());
    CHECK(record.history.empty());
    record.highest = {3, digest('1')};
    record.follow("prod");
    CHECK(record.highest == BundleRef{7, digest('a')});
    CHECK(record.returned);
    REQUIRE(record.elsewhere.size() == 1);
    CHECK(record.elsewhere[0].channel == "test");
    CHECK_FALSE(record.elsewhere[0].kept);
    for (int i = 0; i < 20; ++i) {
        record.follow("channel-" + std::to_string(i));
        record.highest = {1, digest('2')};
    }
    CHECK(record.elsewhere.size() == kFormerChannelsMax);
    CHECK(record.elsewhere.back().channel == "channel-18");
}

TEST_CASE("rollout_record: no damage is read as something else") {
    const std::string text = to_text(example());
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        CAPTURE(at);
        CHECK_FALSE(parse_rollout_record(changed));
        CHECK_FALSE(parse_rollout_record(text.substr(0, at)));
    }
    CHECK_FALSE(parse_rollout_record(""));
    CHECK_FALSE(parse_rollout_record("sum x"));
    CHECK_FALSE(parse_rollout_record(std::string(1U << 20U, '\n')));
}

TEST_CASE("rollout_record: the history keeps the newest") {
    RolloutRecord record;
    for (std::int64_t i = 0; i < 200; ++i) {
        record.add_event({i, {1, digest('a')}, "kept", std::string(10'000, 'x')});
    }
    CHECK(record.history.size() == kHistoryMax);
    CHECK(record.history.back().unix_ns == 199);
    CHECK(to_text(record).size() < kRecordBytesMax);
}
