#include "actions/fleet_gate.hpp"

#include <doctest/doctest.h>

#include <optional>

#include "actions/sha256.hpp"
#include "actions/sodium_signatures.hpp"
#include "tests/support/bundle_shape.hpp"
#include "tests/support/signer.hpp"

using namespace homeostat;

namespace {

const test::Signer kActions(2);
const test::Signer kStranger(3);

struct Door {
    Door() {
        gate.channel = "prod";
        gate.keys = {kActions.key()};
        gate.host = {{{"role", "web"}}, {{"os", "debian"}}};
        gate.agent_version = "0.1.0";
    }

    Result<Bundle> give(const std::string& text) {
        return pass_gate(gate, text, clock.now().unix_ns, SodiumSignatures{}, memory);
    }
    Result<Bundle> pass(test::BundleShape shape, const test::Signer& signer = kActions) {
        shape.body = "playbooks: {p.yml: x}\n";
        return give(signer.sealed(text_of(shape)));
    }
    bool takes(std::uint64_t version) { return pass({.version = version}).has_value(); }
    static std::string digest(std::uint64_t version) {
        const test::BundleShape shape{.version = version, .body = "playbooks: {p.yml: x}\n"};
        return std::string(sha256_hex(text_of(shape)).view());
    }

    FleetGate gate;
    test::ManualClock clock;
    FleetMemory memory;
};

}  // namespace

TEST_CASE("fleet_gate: what is not wholly right does not pass, and is not remembered") {
    struct Row {
        const char* what;
        test::BundleShape shape;
        const char* says;
    };
    const std::int64_t start = test::ManualClock::kStartUnixNs;
    for (const Row& row : {
             Row{"another channel", {.id = "test"}, "is for channel 'test'"},
             Row{"another host", {.select = "{labels: {role: db}}"}, "is not for this host"},
             Row{"no host", {.select = "{}"}, "is not for this host"},
             Row{"expired",
                 {.issued_ns = start - 2 * test::kDayNs, .expires_ns = start},
                 "expired at"},
             Row{"of tomorrow", {.issued_ns = start + test::kDayNs}, "issued at"},
         }) {
        CAPTURE(row.what);
        Door door;
        const auto passed = door.pass(row.shape);
        REQUIRE_FALSE(passed);
        CAPTURE(std::string(passed.error().text.view()));
        CHECK(passed.error().text.view().find(row.says) != std::string_view::npos);
        CHECK(door.memory == FleetMemory{});
    }
    Door door;
    CHECK_FALSE(door.pass({}, kStranger));
    CHECK_FALSE(door.give(text_of(test::BundleShape{})));  // not signed
    CHECK_FALSE(door.give(std::string(kBundleBytesMax + 1, 'x')));
    CHECK_FALSE(door.give(std::string()));
    door.gate.keys.clear();
    CHECK_FALSE(door.pass({}));
}

TEST_CASE("fleet_gate (RULES T3): no byte can be changed, cut or added") {
    const std::string good = kActions.sealed(text_of(test::BundleShape{}));
    const auto untrusted = good.find("untrusted comment");
    const auto untrusted_end = good.find('\n', untrusted);
    for (std::size_t i = 0; i < good.size(); ++i) {
        if (i >= untrusted && i < untrusted_end) continue;  // nothing reads it
        for (const int flip : {1, 0x20, 0x80}) {
            std::string bad = good;
            bad[i] = static_cast<char>(bad[i] ^ flip);
            Door door;
            CAPTURE(i);
            CHECK_FALSE(door.give(bad));
        }
    }
    for (std::size_t size = 0; size + 1 < good.size(); size += 7) {
        Door door;
        CHECK_FALSE(door.give(good.substr(0, size)));
    }
}

TEST_CASE("fleet_gate: section 7 rule 5: size first, then the signature of the bytes, then YAML") {
    class Counting final : public SignatureLibrary {
    public:
        bool blake2b(std::string_view message, Blake2bDigest& digest) const override {
            seen = message;
            return real.blake2b(message, digest);
        }
        bool verify(const Ed25519Key& key, const Ed25519Signature& signature,
                    std::string_view message) const override {
            ++asked;
            return real.verify(key, signature, message);
        }
        SodiumSignatures real;
        mutable std::string seen;
        mutable int asked = 0;
    };
    Door door;
    Counting library;
    const auto give = [&](const std::string& text) {
        library.seen.clear();
        library.asked = 0;
        const auto passed =
            pass_gate(door.gate, text, door.clock.now().unix_ns, library, door.memory);
        return passed ? std::string() : std::string(passed.error().text.view());
    };
    const std::string good = text_of(test::BundleShape{.body = "playbooks: {p.yml: x}\n"});
    // Nothing is asked about what is too large, however it is signed.
    const std::string large = good + "#" + std::string(kBundleBytesMax, '#') + "\n";
    CHECK(give(kActions.sealed(large)).find("larger than the") == 0);
    CHECK(library.asked == 0);
    CHECK(library.seen.empty());
    // The bytes as they came: white space and line ends count.
    CHECK(give(kActions.sealed(good)).empty());
    CHECK(library.seen == good);
    for (const char* end : {" \n", "\r\n", "\n\n"}) {
        std::string other = kActions.sealed(good);
        other.replace(other.find("\n"), 1, end);
        CHECK(give(other).find("does not fit") != std::string::npos);
    }
    // No YAML is read before its signature fits: a fault in it is told of a known signer only.
    const std::string broken = good + "tick: [\n";
    CHECK(give(kStranger.sealed(broken)).find("not trusted here") != std::string::npos);
    CHECK(give(kActions.sealed(broken)).starts_with("bundle:"));
    CHECK(door.takes(1));  // and what is in force stays
}

TEST_CASE(
    "fleet_gate (RULES B19): section 7 rule 2: versions only grow, but for the way back in "
    "probation") {
    Door door;
    REQUIRE(door.takes(7));
    CHECK(door.takes(7));
    CHECK_FALSE(door.takes(6));
    door.clock.advance(hours(1));
    REQUIRE(door.takes(8));
    CHECK(door.takes(7));  // rolled back within ten minutes
    CHECK(door.memory.went_back);
    door.clock.advance(hours(100));
    CHECK(door.takes(7));  // and it stays so
    CHECK_FALSE(door.takes(6));
    REQUIRE(door.takes(9));
    CHECK(door.takes(7));  // what was in force before is the way back, not 8
    CHECK_FALSE(door.takes(8));
    CHECK(door.takes(9));
    door.clock.advance(minutes(11));
    CHECK_FALSE(door.takes(7));
    CHECK_FALSE(door.takes(8));
    CHECK(door.takes(9));
}

TEST_CASE("fleet_gate: section 7 rule 8: root's word opens the way back, one step at a time") {
    Door door;
    for (const std::uint64_t version : {6U, 7U, 8U, 9U}) {
        REQUIRE(door.takes(version));
        door.clock.advance(hours(1));
    }
    for (const std::uint64_t version : {6U, 7U, 8U}) CHECK_FALSE(door.takes(version));
    door.gate.word.leave(Door::digest(9));
    CHECK_FALSE(door.takes(9));  // it is not to be in force
    CHECK_FALSE(door.takes(7));
    CHECK_FALSE(door.takes(6));
    CHECK(door.takes(8));
    door.gate.word = {};  // and stays when nothing is said any more
    door.clock.advance(hours(100));
    CHECK(door.takes(8));
    door.gate.word.leave(Door::digest(9));
    door.gate.word.leave(Door::digest(8));
    CHECK_FALSE(door.takes(8));
    CHECK_FALSE(door.takes(6));
    CHECK(door.takes(7));
    REQUIRE(door.takes(10));  // a higher one comes, and what is before it is closed again
    door.clock.advance(hours(1));
    CHECK_FALSE(door.takes(7));
    door.gate.word.leave(Door::digest(10));
    CHECK_FALSE(door.takes(9));
    CHECK(door.takes(7));
}

TEST_CASE("fleet_gate: a version that was gone back from by itself is not what root goes back to") {
    Door door;
    REQUIRE(door.takes(7));
    REQUIRE(door.takes(8));
    REQUIRE(door.takes(7));  // 8 did not pass its probation
    REQUIRE(door.takes(9));
    door.clock.advance(hours(1));
    door.gate.word.leave(Door::digest(9));
    CHECK_FALSE(door.takes(8));
    CHECK(door.takes(7));
}

TEST_CASE(
    "fleet_gate: root may name an older one, also one that was never here, but none of late") {
    Door door;
    REQUIRE(door.takes(9));
    door.clock.advance(hours(1));
    CHECK_FALSE(door.takes(5));
    door.gate.word.take(Door::digest(5), true);
    CHECK_FALSE(door.takes(4));
    CHECK(door.takes(5));
    CHECK(door.memory.newest.version == 9);
    door.gate.word = {};
    door.clock.advance(hours(1));
    CHECK(door.takes(5));
    CHECK_FALSE(door.takes(4));
    REQUIRE(door.takes(10));
    door.clock.advance(hours(1));
    door.gate.word.leave(Door::digest(10));
    CHECK(door.takes(5));  // what was in force before
    door.clock.advance(hours(24 * 31));
    door.gate.word.take(Door::digest(4), true);
    CHECK_FALSE(door.takes(4));
}

TEST_CASE("fleet_gate: section 7 rule 2: one version has one content") {
    Door door;
    REQUIRE(door.takes(7));
    test::BundleShape other{.version = 7};
    other.probation = "11m";
    const auto passed = door.pass(other);
    REQUIRE_FALSE(passed);
    CHECK(passed.error().text.view().find("other content") != std::string_view::npos);
}

TEST_CASE("fleet_gate (RULES T3): a clock that is set back revives nothing") {
    Door door;
    REQUIRE(door.pass({.version = 1}));
    const std::int64_t start = test::ManualClock::kStartUnixNs;
    door.clock.advance(hours(24 * 40));
    REQUIRE(door.pass({.version = 2, .expires_ns = start + 60 * test::kDayNs}));
    door.clock.step_wall_clock({-30 * test::kDayNs});
    CHECK_FALSE(door.pass({.version = 3, .expires_ns = start + 30 * test::kDayNs}));
    CHECK(door.pass({.version = 3, .expires_ns = start + 60 * test::kDayNs}));
}

TEST_CASE("fleet_gate: past its end a bundle is known, and a new one is not taken") {
    Door door;
    REQUIRE(door.takes(1));
    door.clock.advance(hours(24 * 40));
    CHECK(door.takes(1));  // stale: who uses it looks at its end
    CHECK_FALSE(door.takes(2));
}

TEST_CASE("fleet_gate: another channel begins anew, at the time that was reached") {
    Door door;
    REQUIRE(door.takes(9));
    const std::int64_t clock = door.memory.clock_unix_ns;
    door.gate.channel = "test";
    CHECK(door.pass({.version = 1, .id = "test"}));
    CHECK(door.memory.newest.version == 1);
    CHECK(door.memory.former.version == 0);
    CHECK(door.memory.clock_unix_ns == clock);
}

TEST_CASE("fleet_gate: section 7 rule 2: a channel's highest version is known when it comes back") {
    Door door;
    REQUIRE(door.takes(9));
    door.gate.channel = "test";
    REQUIRE(door.pass({.version = 1, .id = "test"}));
    door.gate.channel = "prod";
    CHECK_FALSE(door.takes(8));
    CHECK(door.takes(9));
    CHECK(door.takes(10));
    door.gate.channel = "test";
    CHECK_FALSE(door.pass({.version = 1, .id = "test", .probation = "11m"}));
    CHECK(door.pass({.version = 1, .id = "test"}));
    for (int i = 0; i < 20; ++i) {  // and it is bounded
        door.gate.channel = fmt::format("channel-{}", i);
        REQUIRE(door.pass({.version = 3, .id = door.gate.channel}));
    }
    CHECK(door.memory.elsewhere.size() == kElsewhereMax);
    CHECK(*parse_fleet_memory(to_text(door.memory)) == door.memory);
    door.gate.channel = "channel-15";
    CHECK_FALSE(door.pass({.version = 2, .id = door.gate.channel}));
}

TEST_CASE("fleet_gate: what is remembered is read again, and no damage is read as something else") {
    Door door;
    REQUIRE(door.pass({.version = 3, .id = "prod"}));
    door.gate.channel = "test";
    REQUIRE(door.pass({.version = 3, .id = "test"}));
    door.gate.channel = "prod";
    REQUIRE(door.takes(7));
    REQUIRE(door.takes(8));
    REQUIRE(door.takes(7));
    const std::string text = to_text(door.memory);
    CHECK(*parse_fleet_memory(text) == door.memory);
    CHECK(*parse_fleet_memory(to_text(FleetMemory{})) == FleetMemory{});
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string bad = text;
        bad[i] ^= 1;
        CHECK_FALSE(parse_fleet_memory(bad));
        CHECK_FALSE(parse_fleet_memory(text.substr(0, i)));
    }
}
