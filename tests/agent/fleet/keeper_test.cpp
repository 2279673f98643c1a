#include "agent/fleet/keeper.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "actions/sodium_signatures.hpp"
#include "tests/support/fragile_files.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/signer.hpp"

using namespace homeostat;

namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;
const test::Signer kFleet(1);
const test::Signer kActions(2);
const test::Signer kStranger(3);

struct Shape {
    std::uint64_t version = 1;
    std::string id = "prod";
    std::string body = "series_max: 3000\n";
    std::string select = "{all: true}";
    double canary = 1;
    std::int64_t issued_ns = test::ManualClock::kStartUnixNs;
    std::int64_t expires_ns = test::ManualClock::kStartUnixNs + 30 * kDayNs;
    std::string min_agent = "0.1.0";
};

std::string text_of(const Shape& shape) {
    return fmt::format(
        "bundle:\n  id: {}\n  version: {}\n  issued: '{}'\n  expires: '{}'\n  min_agent: {}\n"
        "  select: {}\n  rollout: {{canary: {}, wait: 1h, spread: 1h, probation: 1m}}\n{}\n",
        shape.id, shape.version, std::string(rfc3339(shape.issued_ns).view()),
        std::string(rfc3339(shape.expires_ns).view()), shape.min_agent, shape.select, shape.canary,
        shape.body);
}

std::string sealed(const Shape& shape, const test::Signer& signer = kFleet) {
    return signer.sealed(text_of(shape));
}

// One host with its disk. restart() is a new process on it.
struct Node {
    Node() { REQUIRE(restart()); }

    KeeperSetup setup() const {
        return {channel,
                {kFleet.key()},
                {kActions.key()},
                "machine-1",
                {{{"role", "web"}}, {{"os", "debian"}}},
                "0.1.0",
                boot};
    }

    Status restart() {
        files.revive();
        keeper.emplace(setup(), files, library);
        return keeper->begin(clock.now());
    }

    OfferAnswer offer(const std::string& text, const OperatorWord& word = {}) {
        const auto check = [this](const Bundle&) {
            ++checks;
            return works ? Status(Ok{}) : Status(make_error(Errc::Invalid, "does not work here"));
        };
        return keeper->offer(text, "", clock.now(), check, word);
    }

    void run(std::uint64_t version) {
        Shape shape;
        shape.version = version;
        REQUIRE(offer(sealed(shape)).end == OfferEnd::Waiting);
        REQUIRE(keeper->due(clock.now()));
        REQUIRE(keeper->start_trial(clock.now()));
        REQUIRE(keeper->keep(clock.now()));
    }

    [[nodiscard]] std::uint64_t version() const {
        return keeper->in_force() == nullptr ? 0 : keeper->in_force()->header.version;
    }

    std::string channel = "prod";
    std::string boot = "boot-1";
    bool works = true;
    int checks = 0;
    test::ManualClock clock;
    test::FragileFiles files;
    SodiumSignatures library;
    std::optional<Keeper> keeper;
};

}  // namespace

TEST_CASE("keeper: a bundle waits, is on trial, is kept, and is there after a restart") {
    Node node;
    CHECK(node.version() == 0);
    CHECK(node.offer(sealed({})).end == OfferEnd::Waiting);
    CHECK(node.version() == 0);
    CHECK(node.offer(sealed({})).end == OfferEnd::Unchanged);
    REQUIRE(node.keeper->due(node.clock.now()));
    REQUIRE(node.keeper->start_trial(node.clock.now()));
    CHECK(node.version() == 1);
    CHECK(node.keeper->on_trial());
    CHECK_FALSE(node.keeper->due(node.clock.now()));
    REQUIRE(node.keeper->keep(node.clock.now()));
    REQUIRE(node.restart());  // offline: nobody is asked
    CHECK(node.version() == 1);
    CHECK_FALSE(node.keeper->on_trial());
    CHECK(node.offer(sealed({})).end == OfferEnd::Unchanged);
}

TEST_CASE("keeper: section 7 rules 1 to 5: nothing is taken that is not wholly right") {
    Node node;
    node.run(5);
    struct Row {
        const char* why;
        std::string text;
        OfferEnd end = OfferEnd::Refused;
    };
    const auto shaped = [](auto change) {
        Shape shape;
        shape.version = 6;
        change(shape);
        return sealed(shape);
    };
    const std::string good = shaped([](Shape&) {});
    const std::string plain = text_of({.version = 6});
    for (const Row& row : {
             Row{"not signed", plain},
             Row{"signed by a stranger (rule 1)", kStranger.sealed(plain)},
             Row{"signed by the key for actions alone", kActions.sealed(plain)},
             Row{"another channel (rule 2)", shaped([](Shape& s) { s.id = "test"; })},
             Row{"an older version (rule 2)", shaped([](Shape& s) { s.version = 4; }),
                 OfferEnd::Ignored},
             Row{"the same version with other content (rule 2)", shaped([](Shape& s) {
                     s.version = 5;
                     s.body = "series_max: 100\n";
                 })},
             Row{"expired (rule 3)", shaped([](Shape& s) {
                     s.issued_ns -= 2 * kDayNs;
                     s.expires_ns = s.issued_ns + kDayNs;
                 })},
             Row{"issued tomorrow (rule 4)", shaped([](Shape& s) { s.issued_ns += kDayNs; })},
             Row{"too large (rule 5)", std::string(kBundleBytesMax + 1, '#')},
             Row{"a newer agent is needed", shaped([](Shape& s) { s.min_agent = "9.0"; })},
             Row{"for other hosts", shaped([](Shape& s) { s.select = "{labels: {role: db}}"; }),
                 OfferEnd::Ignored},
             Row{"for nobody", shaped([](Shape& s) { s.select = "{}"; }), OfferEnd::Ignored},
             Row{"rules by a key for settings",
                 shaped([](Shape& s) { s.body = "rules: {a.yml: x}\n"; })},
             Row{"a YAML bomb",
                 shaped([](Shape& s) { s.body = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"; })},
             Row{"deep nesting", shaped([](Shape& s) { s.body = "a: " + std::string(500, '['); })},
             Row{"a key twice", shaped([](Shape& s) { s.body = "tick: 1s\ntick: 2s\n"; })},
             Row{"cut", good.substr(0, good.size() / 2)},
             Row{"two signatures", good + good.substr(good.find("# -----BEGIN"))},
             Row{"empty", ""},
         }) {
        CAPTURE(row.why);
        const int checks = node.checks;
        const OfferAnswer answer = node.offer(row.text);
        CHECK(answer.end == row.end);
        CHECK_FALSE(answer.text.empty());
        CHECK(node.checks == checks);  // what is not believed is not looked at further
        CHECK_FALSE(node.keeper->record().waiting.known());
        CHECK(node.version() == 5);
    }
    CHECK(node.offer(good).end == OfferEnd::Waiting);
}

TEST_CASE("keeper: no byte of a bundle can be changed on the way") {
    Node node;
    const std::string good = sealed({.version = 2});
    const auto comment = good.find("untrusted comment: ") + 18;
    const auto comment_end = good.find('\n', comment);
    int accepted = 0;
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (unsigned bit = 0; bit < 8 && (at < comment || at >= comment_end); ++bit) {
            std::string changed = good;  // nothing reads the untrusted comment
            changed[at] = static_cast<char>(changed[at] ^ (1U << bit));
            accepted += node.offer(changed).end == OfferEnd::Refused ? 0 : 1;
        }
        if (at + 1 < good.size()) {  // but for the last line's end
            accepted += node.offer(good.substr(0, at)).end == OfferEnd::Refused ? 0 : 1;
        }
    }
    CHECK(accepted == 0);
    CHECK(node.checks == 0);
    CHECK(node.files.content.empty());  // and nobody can fill the disk that way
}

TEST_CASE("keeper: a clock that was set back takes nothing and loses nothing") {
    Node node;
    node.run(3);
    node.clock.step_wall_clock(hours(-24 * 365 * 3));
    CHECK(node.offer(sealed({.version = 4})).end == OfferEnd::Refused);
    REQUIRE(node.restart());
    CHECK(node.version() == 3);
    node.clock.step_wall_clock(hours(24 * 365 * 3));
    CHECK(node.offer(sealed({.version = 2})).end == OfferEnd::Ignored);
    CHECK(node.offer(sealed({.version = 4})).end == OfferEnd::Waiting);
}

TEST_CASE("keeper: a clock that was set back a little revives nothing that had ended") {
    Node node;
    const std::int64_t start = test::ManualClock::kStartUnixNs;
    node.clock.advance(hours(24 * 40));
    const Shape newer{
        .version = 3, .issued_ns = start + 39 * kDayNs, .expires_ns = start + 80 * kDayNs};
    REQUIRE(node.offer(sealed(newer)).end == OfferEnd::Waiting);
    REQUIRE(node.keeper->start_trial(node.clock.now()));
    node.clock.step_wall_clock(hours(-24 * 35));
    const std::string ended = sealed({.version = 4});  // after thirty days, and it is the fifth
    const OfferAnswer answer = node.offer(ended);
    CHECK(answer.end == OfferEnd::Refused);
    CHECK(answer.text.find("before what is in force was issued") != std::string::npos);
    OperatorWord word;
    word.older = answer.bundle.digest;
    CHECK(node.offer(ended, word).end == OfferEnd::Waiting);
}

TEST_CASE("keeper: section 7 rule 3: past its end a bundle that runs goes on running") {
    Node node;
    node.run(3);
    node.clock.advance(hours(24 * 31));
    REQUIRE(node.restart());
    CHECK(node.version() == 3);
}

TEST_CASE(
    "keeper: section 7 rule 6: what does not work here is refused, and may be offered again") {
    Node node;
    node.works = false;
    const OfferAnswer answer = node.offer(sealed({}));
    CHECK(answer.end == OfferEnd::Refused);
    CHECK(answer.text == "does not work here");
    CHECK(node.keeper->record().failure == "does not work here");
    (void)node.offer(sealed({}));
    CHECK(node.keeper->record().history.size() == 1);  // told once
    node.works = true;                                 // the owner's files were mended
    CHECK(node.offer(sealed({})).end == OfferEnd::Waiting);
}

TEST_CASE("keeper: section 7 rule 2: what is rolled back is not taken again, nor anything older") {
    Node node;
    node.run(1);
    REQUIRE(node.offer(sealed({.version = 2})).end == OfferEnd::Waiting);
    REQUIRE(node.keeper->start_trial(node.clock.now()));
    CHECK(node.version() == 2);
    REQUIRE(node.keeper->roll_back(node.clock.now(), "the watch fell behind"));
    CHECK(node.version() == 1);
    CHECK(node.keeper->record().failure == "the watch fell behind");
    CHECK(node.offer(sealed({.version = 2})).end == OfferEnd::Unchanged);
    CHECK_FALSE(node.keeper->due(node.clock.now()));
    CHECK(node.offer(sealed({.version = 1})).end != OfferEnd::Waiting);
    CHECK(node.offer(sealed({.version = 3})).end == OfferEnd::Waiting);
}

TEST_CASE("keeper: a crash on trial is a roll-back; a stop, a reset and a restart later are not") {
    Node node;
    node.run(1);
    REQUIRE(node.offer(sealed({.version = 2})).end == OfferEnd::Waiting);
    REQUIRE(node.keeper->start_trial(node.clock.now()));
    SUBCASE("crash") {
        REQUIRE(node.restart());
        CHECK(node.version() == 1);
        CHECK(node.keeper->record().failure.find("crashed") != std::string::npos);
        REQUIRE(node.restart());
        CHECK(node.version() == 1);
    }
    SUBCASE("stop") {
        node.keeper->end();
        REQUIRE(node.restart());
        CHECK(node.version() == 2);
        CHECK(node.keeper->on_trial());
        REQUIRE(node.restart());  // and this one crashed
        CHECK(node.version() == 1);
    }
    SUBCASE("the host was reset") {
        node.boot = "boot-2";
        REQUIRE(node.restart());
        CHECK(node.version() == 2);
    }
    SUBCASE("kept") {
        REQUIRE(node.keeper->keep(node.clock.now()));
        REQUIRE(node.restart());
        CHECK(node.version() == 2);
    }
}

TEST_CASE("keeper: the ring lets a host wait, over restarts, and the operator need not") {
    Node node;
    const std::string text = sealed({.canary = 0});
    REQUIRE(node.offer(text).end == OfferEnd::Waiting);
    CHECK_FALSE(node.keeper->due(node.clock.now()));
    const std::string digest = node.keeper->record().waiting.digest;
    CHECK(node.keeper->due(node.clock.now(), {.now = digest}));
    node.clock.advance(minutes(59));
    CHECK_FALSE(node.keeper->due(node.clock.now()));
    REQUIRE(node.restart());
    CHECK_FALSE(node.keeper->due(node.clock.now()));
    node.clock.step_wall_clock(hours(24 * 100));  // a lying clock hastens nothing within a run
    CHECK_FALSE(node.keeper->due(node.clock.now()));
    node.clock.step_wall_clock(hours(-24 * 100));
    node.clock.advance(minutes(62));
    CHECK(node.keeper->due(node.clock.now()));
}

TEST_CASE("keeper: section 7 rule 8: the operator goes back, and may take an older one by name") {
    Node node;
    node.run(1);
    node.run(2);
    const std::string second = node.keeper->record().good.digest;
    CHECK_FALSE(node.keeper->leave("0000", node.clock.now()));
    REQUIRE(node.keeper->leave(second, node.clock.now()));
    CHECK(node.version() == 1);
    REQUIRE(node.restart());
    CHECK(node.version() == 1);
    const std::string old = sealed({.version = 1, .body = "series_max: 2500\n"});
    CHECK(node.offer(old).end == OfferEnd::Ignored);
    const auto digest = sha256_hex(text_of({.version = 1, .body = "series_max: 2500\n"}));
    const OperatorWord word{.older = std::string(digest.view())};
    CHECK(node.offer(old, word).end == OfferEnd::Waiting);
    REQUIRE(node.keeper->start_trial(node.clock.now()));
    CHECK(node.version() == 1);
    CHECK(node.keeper->record().highest.version == 2);  // and that stays
}

TEST_CASE("keeper: who goes back twice does not come to what was left first") {
    Node node;
    for (const std::uint64_t version : {1U, 2U, 3U}) node.run(version);
    for (const std::uint64_t version : {2U, 1U, 0U}) {
        REQUIRE(node.keeper->leave(node.keeper->record().good.digest, node.clock.now()));
        CHECK(node.version() == version);
    }
    CHECK_FALSE(node.keeper->leave("0000", node.clock.now()));
}

TEST_CASE("keeper (RULES B20): rules come by the key for actions, settings by their own") {
    Node node;
    const Shape rules{.version = 1, .body = "rules: {a.yml: x}\n"};
    CHECK(node.offer(sealed(rules, kFleet)).end == OfferEnd::Refused);
    CHECK(node.offer(sealed(rules, kActions)).end == OfferEnd::Waiting);
    const Shape both{.version = 2, .body = "tick: 1s\nrules: {a.yml: x}\n"};
    CHECK(node.offer(sealed(both, kActions)).end == OfferEnd::Refused);
    CHECK(node.offer(sealed(both, kFleet)).end == OfferEnd::Refused);
}

TEST_CASE("keeper: what lies on the disk is checked as if it came from anywhere") {
    Node node;
    node.run(1);
    const std::string file = node.keeper->record().good.file();
    SUBCASE("changed") {
        node.files.content[file][100] ^= 1;
    }
    SUBCASE("another bundle under its name") {
        node.files.content[file] = sealed({.version = 9});
    }
    SUBCASE("gone") {
        node.files.content.erase(file);
    }
    CHECK_FALSE(node.restart());
    CHECK(node.version() == 0);  // the owner's own files are in force
}

TEST_CASE("keeper: a damaged record is told of, and the start succeeds") {
    Node node;
    node.run(1);
    node.files.content[kRecordFile] = "garbage";
    CHECK_FALSE(node.restart());
    CHECK(node.version() == 0);
    CHECK(node.offer(sealed({.version = 2})).end == OfferEnd::Waiting);
}

TEST_CASE("keeper: another channel begins anew") {
    Node node;
    node.run(7);
    node.channel = "test";
    REQUIRE(node.restart());
    CHECK(node.version() == 0);
    CHECK(node.offer(sealed({.version = 1, .id = "test"})).end == OfferEnd::Waiting);
}

TEST_CASE("keeper: section 7 rule 2: a channel's highest version is known when it comes back") {
    Node node;
    node.run(7);
    node.channel = "test";
    REQUIRE(node.restart());
    REQUIRE(node.offer(sealed({.version = 1, .id = "test"})).end == OfferEnd::Waiting);
    REQUIRE(node.keeper->start_trial(node.clock.now()));
    node.channel = "prod";
    REQUIRE(node.restart());
    CHECK(node.version() == 0);
    CHECK(node.offer(sealed({.version = 6})).end == OfferEnd::Ignored);
    CHECK(node.offer(sealed({.version = 7, .body = "tick: 2s\n"})).end == OfferEnd::Refused);
    node.run(7);  // what was in force here may come again, once
    CHECK(node.offer(sealed({.version = 6})).end == OfferEnd::Ignored);
    CHECK(node.offer(sealed({.version = 7})).end == OfferEnd::Unchanged);
    // What was rolled back may not.
    REQUIRE(node.offer(sealed({.version = 8})).end == OfferEnd::Waiting);
    REQUIRE(node.keeper->start_trial(node.clock.now()));
    REQUIRE(node.keeper->roll_back(node.clock.now(), "x"));
    node.channel = "test";
    REQUIRE(node.restart());
    CHECK(node.offer(sealed({.version = 1, .id = "test"})).end == OfferEnd::Unchanged);
    REQUIRE(node.offer(sealed({.version = 2, .id = "test"})).end == OfferEnd::Waiting);
    node.channel = "prod";
    REQUIRE(node.restart());
    CHECK(node.offer(sealed({.version = 8})).end != OfferEnd::Waiting);
    CHECK(node.offer(sealed({.version = 9})).end == OfferEnd::Waiting);
}

TEST_CASE("keeper: a disk that takes no writes changes nothing") {
    Node node;
    node.run(1);
    node.files.full = true;
    CHECK(node.offer(sealed({.version = 2})).end == OfferEnd::Refused);
    node.files.full = false;
    REQUIRE(node.offer(sealed({.version = 2})).end == OfferEnd::Waiting);
    node.files.full = true;
    CHECK_FALSE(node.keeper->start_trial(node.clock.now()));
    CHECK(node.version() == 1);
    node.files.full = false;
    REQUIRE(node.keeper->start_trial(node.clock.now()));
    node.files.full = true;
    CHECK_FALSE(node.keeper->roll_back(node.clock.now(), "x"));
    CHECK(node.version() == 1);  // for as long as this process runs
}

TEST_CASE(
    "keeper: section 7 rules 2 and 6: kill -9 and power loss leave the old or the new, whole") {
    int steps = 0;
    for (const bool power : {false, true}) {
        for (int step = 0;; ++step) {
            CAPTURE(step);
            CAPTURE(power);
            Node node;
            node.run(1);
            node.files.loses_renames = power;
            node.files.die_at(step);
            (void)node.offer(sealed({.version = 2, .body = "series_max: 2222\n"}));
            if (node.keeper->due(node.clock.now()))
                (void)node.keeper->start_trial(node.clock.now());
            if (node.keeper->on_trial()) (void)node.keeper->keep(node.clock.now());
            const bool died = node.files.dead();
            if (power) node.boot = "boot-2";
            const auto begun = node.restart();
            if (!begun) MESSAGE(begun.error().text.view());
            CHECK(begun);
            const Bundle* bundle = node.keeper->in_force();
            REQUIRE(bundle != nullptr);
            const bool is_new = bundle->header.version == 2;
            CHECK(node.keeper->record().highest.version >= bundle->header.version);  // known first
            const auto* value = bundle->settings.find("series_max");
            REQUIRE(value != nullptr);
            CHECK(value->value.integer == (is_new ? 2222 : 3000));
            // And whatever happened, the host can be brought on.
            const std::uint64_t next = 3;
            CHECK(node.offer(sealed({.version = next})).end == OfferEnd::Waiting);
            ++steps;
            if (!died) {
                CHECK(is_new);
                break;
            }
        }
    }
    CHECK(steps > 20);
}

TEST_CASE("keeper: conditions set actions off, so where a host acts they need a key for actions") {
    const Shape conditions{.version = 1, .body = "conditions: {disk_full: {enabled: false}}\n"};
    Node observing;
    CHECK(observing.offer(sealed(conditions)).end == OfferEnd::Waiting);
    Node acting;
    KeeperSetup setup = acting.setup();
    setup.conditions_act = true;
    acting.keeper.emplace(setup, acting.files, acting.library);
    const auto answer = acting.offer(sealed(conditions));
    CHECK(answer.end == OfferEnd::Refused);
    CHECK(answer.text.find("sets conditions, which set actions off") == 0);
    setup.action_keys = setup.keys;  // one key for both
    acting.keeper.emplace(setup, acting.files, acting.library);
    CHECK(acting.offer(sealed(conditions)).end == OfferEnd::Waiting);
}
