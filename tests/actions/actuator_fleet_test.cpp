#include <functional>
#include <optional>

#include "actions/actuator.hpp"
#include "actions/fleet_actions.hpp"
#include "actions/ledger_file.hpp"
#include "core/file.hpp"
#include "tests/actions/fleet_host.hpp"
#include "tests/support/scripted_spawner.hpp"

using namespace homeostat;

namespace {

constexpr uid_t kWatcher = 4242;
constexpr std::uint16_t kOwn = 0;
constexpr std::uint16_t kPushed = 1;  // and its target in allow.yml
constexpr std::uint16_t kAsks = 2;

class CountingRunner final : public ActionRunner {
public:
    Result<RunOutcome> run(const RunOrder& order) override {
        texts.push_back(order.playbook_text == nullptr ? "own" : *order.playbook_text);
        if (!order.check) ++runs;
        if (!order.check) meanwhile();
        return RunOutcome{.failed = false, .ok = 1, .changed = 1, .failures = 0, .detail = "done"};
    }
    std::vector<std::string> texts;
    int runs = 0;
    std::function<void()> meanwhile = [] {};
};

// The actuator of a host, and whoever has its watcher's rights.
struct World {
    World() {
        host.root.set("proc/sys/kernel/random/boot_id", "boot-1\n");
        host.root.set("proc/self/mountinfo", "1 0 0:1 / /srv/a rw\n");
        runner.meanwhile = [this] { fill(60); };
        host.clock.advance(hours(1));
        start();
    }

    void fill(std::uint64_t free) {
        host.root.set_usage("srv/a",
                            {.size_bytes = 100, .free_bytes = free, .available_bytes = free});
    }

    void start() {
        actuator.reset();
        auto opened = ActionFiles::open(host.places(), host.clock.now());
        REQUIRE(opened);
        files.emplace(std::move(*opened));
        auto made = Actuator::open(files->current(), kWatcher, host.directory / "state",
                                   {.root = host.root,
                                    .clock = host.clock,
                                    .spawner = spawner,
                                    .runner = runner,
                                    .files = &*files});
        REQUIRE(made);
        actuator.emplace(std::move(*made));
    }

    // As if the watcher meant whatever the actuator means: it may know the hash.
    ActionReport ask(std::uint16_t rule, uid_t uid = kWatcher, ActionMode mode = ActionMode::Auto) {
        ActionRequest request;
        request.config_hash = 1;  // makes it look at the bundle
        request.nonce = 1;
        (void)actuator->handle({.uid = uid, .pid = 1}, encode(request));
        request.rule = rule;
        request.target = rule;
        request.mode = mode;
        request.incident.bytes[0] = 9;
        request.config_hash = files->current().hash;
        host.clock.advance(minutes(10));
        fill(5);  // what was mended is broken again
        return actuator->handle({.uid = uid, .pid = 1}, encode(request)).report;
    }

    // As a watcher asks that goes by the owner's files and the bundle that it has left.
    ActionReport ask_by(const test::BundleShape& left, std::uint16_t rule) {
        host.leave(left, host.actions);
        test::BundleShape shape = left;
        if (shape.body == test::BundleShape{}.body) shape.body = test::kPushedActions;
        const auto owners = load_action_config(host.directory / "etc", Trust::Anyone);
        REQUIRE(owners);
        ActionRequest request;
        request.rule = rule;
        request.target = rule;
        request.mode = ActionMode::Auto;
        request.incident.bytes[0] = 9;
        request.nonce = 1;
        request.config_hash = hash_with(owners->hash, sha256_hex(text_of(shape)));
        host.clock.advance(hours(12));
        fill(5);
        return actuator->handle({.uid = kWatcher, .pid = 1}, encode(request)).report;
    }

    // `homeostat config rollback` and `apply`: root's word.
    void say(const OperatorWord& word) const {
        ::mkdir((host.directory / "etc/bundles").c_str(), 0755);
        host.directory.write("etc/bundles/operator", to_text(word));
    }

    std::string audit() const { return *read_file(host.directory / "state/audit.log", 1 << 20); }

    test::FleetHost host;
    test::ScriptedSpawner spawner;
    CountingRunner runner;
    std::optional<ActionFiles> files;
    std::optional<Actuator> actuator;
};

}  // namespace

TEST_CASE("actuator_fleet: a pushed rule runs the pushed playbook, is budgeted and audited") {
    World world;
    world.host.leave({}, world.host.actions);
    const ActionReport report = world.ask(kPushed);
    CHECK(report.ran);
    CHECK(report.rule == "pushed");
    CHECK(world.runner.texts == std::vector<std::string>{"- hosts: all\n"});
    CHECK(world.ask(kOwn).ran);
    CHECK(world.runner.texts[1] == "own");
    CHECK(world.audit().find(R"("event":"bundle")") != std::string::npos);
    CHECK(world.audit().find("bundle prod 1 ") != std::string::npos);
    CHECK(verify_audit(world.host.directory / "state"));
}

TEST_CASE("actuator_fleet: what the owner changes while it is up counts from the next request on") {
    World world;
    const std::string path = world.host.directory / "etc/allow.yml";
    const std::string allowed = *read_file(path, 1 << 16);
    const auto write = [&](const std::string& old, const std::string& now) {
        std::string text = allowed;
        text.replace(text.find(old), old.size(), now);
        world.host.directory.write("etc/allow.yml", text);
    };
    const auto runs = [&] {
        world.host.clock.advance(hours(12));  // no cooldown and no budget is in the way
        return world.ask(kOwn).ran;
    };
    CHECK(runs());
    write("version: 1\n", "version: 1\nactions: [\n");
    CHECK(runs());  // what cannot be read changes nothing
    write("rule: own", "rule: other");
    CHECK_FALSE(runs());
    write("rule: own", "rule: own");
    CHECK(runs());
    write("watcher_uid: 4242", "watcher_uid: 4243");
    CHECK_FALSE(runs());
    write("rule: own", "rule: own");
    CHECK_FALSE(runs());  // it was told that this watcher is none
    world.start();
    CHECK(runs());
}

TEST_CASE("actuator_fleet: a watcher that lies gets nothing run that the owner has not let in") {
    World world;
    const std::string good = world.host.actions.sealed(
        text_of(test::BundleShape{.version = 5, .body = test::kPushedActions}));
    const auto refuses = [&](const char* what) {
        CAPTURE(what);
        CHECK_FALSE(world.ask(kPushed).ran);
        CHECK(world.files->current().rules.size() == 1);
        world.start();
        CHECK_FALSE(world.ask(kPushed).ran);
    };
    world.host.leave({}, world.host.stranger);
    refuses("a stranger's key");
    world.host.leave({}, world.host.settings);
    refuses("the key for settings");
    world.host.leave(text_of(test::BundleShape{.body = test::kPushedActions}));
    refuses("no signature");
    std::string changed = good;
    changed.replace(changed.find("hosts: all"), 10, "hosts: xyz");
    world.host.leave(changed);
    refuses("another playbook under the signature");
    world.host.leave(good + good.substr(good.find("# -----BEGIN")));
    refuses("two signatures");
    world.host.leave({.id = "test"}, world.host.actions);
    refuses("another channel's");
    world.host.leave({.select = "{labels: {role: db}}"}, world.host.actions);
    refuses("another host's");
    world.host.leave({.issued_ns = 0, .expires_ns = test::ManualClock::kStartUnixNs},
                     world.host.actions);
    refuses("an expired one");
    world.host.leave({.issued_ns = test::ManualClock::kStartUnixNs + 9 * test::kDayNs},
                     world.host.actions);
    refuses("one of next week");
    CHECK(world.runner.runs == 0);
    // The genuine one, then an older one.
    world.host.leave(good);
    CHECK(world.ask(kPushed).ran);
    CHECK(world.runner.runs == 1);
    world.host.leave({.version = 4}, world.host.actions);
    refuses("a replay of an older one");
    CHECK(world.runner.runs == 1);
}

TEST_CASE("actuator_fleet: the owner's remedies work on when a bundle is not taken") {
    World world;
    REQUIRE(world.ask_by({.version = 8}, kPushed).ran);
    // A roll-back in which root had no part, after the probation: a watcher that was down for long.
    CHECK(world.ask_by({.version = 7}, kOwn).ran);
    CHECK(world.runner.texts.back() == "own");
    const ActionReport report = world.ask_by({.version = 7}, kPushed);
    CHECK_FALSE(report.ran);
    CHECK(report.detail ==
          "bundle not taken: version 7 is older than 8, which was accepted; a higher version "
          "replaces it, `homeostat config rollback` leaves it");
    CHECK_FALSE(world.ask_by({.version = 7}, 9).ran);
    // Other files of the owner's are other numbers, whatever the bundle.
    ActionRequest request;
    request.config_hash = hash_with(1, sha256_hex("x"));
    const auto answer = world.actuator->handle({.uid = kWatcher, .pid = 1}, encode(request));
    CHECK(answer.report.detail.view().find("reload both programs") != std::string_view::npos);
    CHECK(world.ask_by({.version = 9}, kPushed).ran);
    CHECK(verify_audit(world.host.directory / "state"));
}

TEST_CASE(
    "actuator_fleet: section 7 rule 8: root goes back from one bundle with rules to another") {
    World world;
    REQUIRE(world.ask_by({.version = 7}, kPushed).ran);
    REQUIRE(world.ask_by({.version = 8}, kPushed).ran);
    CHECK_FALSE(world.ask_by({.version = 7}, kPushed).ran);  // the watcher's word alone
    OperatorWord word;
    const test::BundleShape eight{.version = 8, .body = test::kPushedActions};
    word.leave(std::string(sha256_hex(text_of(eight)).view()));
    world.say(word);
    CHECK(world.ask_by({.version = 7}, kPushed).ran);
    CHECK(world.ask_by({.version = 7}, kOwn).ran);
    CHECK_FALSE(world.ask_by({.version = 8}, kPushed).ran);
    world.start();
    CHECK(world.ask_by({.version = 7}, kPushed).ran);
    // Disaster: an older one by name.
    const test::BundleShape five{.version = 5, .body = test::kPushedActions};
    CHECK_FALSE(world.ask_by(five, kPushed).ran);
    word.take(std::string(sha256_hex(text_of(five)).view()), true);
    world.say(word);
    CHECK(world.ask_by(five, kPushed).ran);
    CHECK(world.ask_by({.version = 9}, kPushed).ran);
}

TEST_CASE("actuator_fleet: what others could have written is not the operator's word") {
    World world;
    REQUIRE(world.ask_by({.version = 7}, kPushed).ran);
    REQUIRE(world.ask_by({.version = 8}, kPushed).ran);
    OperatorWord word;
    const test::BundleShape eight{.version = 8, .body = test::kPushedActions};
    word.leave(std::string(sha256_hex(text_of(eight)).view()));
    world.say(word);
    const std::string file = world.host.directory / "etc/bundles/operator";
    SUBCASE("the file") {
        ::chmod(file.c_str(), 0666);
    }
    SUBCASE("the directory") {
        ::chmod((world.host.directory / "etc/bundles").c_str(), 0777);
    }
    SUBCASE("a link") {
        REQUIRE(::rename(file.c_str(), (file + ".elsewhere").c_str()) == 0);
        REQUIRE(::symlink((file + ".elsewhere").c_str(), file.c_str()) == 0);
    }
    CHECK_FALSE(world.ask_by({.version = 7}, kPushed).ran);
    CHECK(world.ask_by({.version = 7}, kOwn).ran);
    CHECK(world.ask_by({.version = 8}, kPushed).ran);
}

TEST_CASE("actuator_fleet: no bit of the bundle can be changed by who passes it on") {
    World world;
    const std::string good =
        world.host.actions.sealed(text_of(test::BundleShape{.body = test::kPushedActions}));
    const auto untrusted = good.find("untrusted comment");
    const auto untrusted_end = good.find('\n', untrusted);
    for (std::size_t i = 0; i < good.size(); ++i) {
        if (i >= untrusted && i < untrusted_end) continue;  // nothing reads it
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
        world.host.leave(bad);
        world.files->look(world.host.clock.now());
        CAPTURE(i);
        CHECK(world.files->current().rules.size() == 1);
    }
}

TEST_CASE("actuator_fleet: the ceiling of allow.yml holds for what a bundle brings") {
    World world;
    world.host.leave({}, world.host.actions);
    SUBCASE("observe unless the owner says more") {
        world.host.write_allow("approvals: true");
        world.start();
        const ActionReport report = world.ask(kPushed);
        CHECK(report.ran);
        CHECK(report.mode == "observe");
    }
    SUBCASE("recommend: a person is asked") {
        world.host.write_allow("max_mode: recommend");
        world.start();
        CHECK(world.ask(kPushed).waiting);
        CHECK(world.ask(kPushed, 0).ran);
        CHECK(world.runner.runs == 1);
    }
    SUBCASE("a rule without an entry") {
        test::BundleShape shape{.version = 2, .body = test::kPushedActions};
        const auto at = shape.body.find("name: pushed\n");
        shape.body.replace(at, 12, "name: rename");
        world.host.leave(shape, world.host.actions);
        CHECK_FALSE(world.ask(kPushed).ran);
    }
    CHECK(world.ask(kOwn).ran);
}

TEST_CASE(
    "actuator_fleet: past its end nothing is more than observed, but for the owner's own word") {
    World world;
    world.host.leave({}, world.host.actions);
    CHECK(world.ask(kPushed).mode == "auto");
    world.host.clock.advance(hours(24 * 31));
    const ActionReport report = world.ask(kPushed);
    CHECK(report.ran);
    CHECK(report.mode == "observe");
    CHECK(world.ask(kOwn).mode == "observe");
    CHECK(world.ask(kPushed, 0, ActionMode::Recommend).mode == "observe");
    CHECK(world.ask(kOwn, 0, ActionMode::Recommend).mode == "recommend");
    // Once past its end it stays so, whatever the clock says.
    world.host.clock.step_wall_clock({-31 * test::kDayNs});
    CHECK(world.ask(kPushed).mode == "observe");
    world.start();
    CHECK(world.ask(kPushed).mode == "observe");
}

TEST_CASE("actuator_fleet: a fleet approves what waits, so often and so long as it says") {
    World world;
    const auto approve = [&](std::uint64_t version, const std::string& approval) {
        test::BundleShape shape{.version = version};
        shape.body = std::string(test::kPushedActions) + "approvals: [" + approval + "]\n";
        world.host.leave(shape, world.host.actions);
    };
    world.host.leave({}, world.host.actions);
    CHECK(world.ask(kAsks).waiting);
    approve(2, "{rule: asks, target: /srv/a, host: web1, until: '2026-11-27T12:00:00Z', times: 1}");
    const ActionReport report = world.ask(kAsks);
    CHECK(report.ran);
    CHECK(report.mode == "recommend");
    CHECK(world.runner.runs == 1);
    CHECK(world.ask(kAsks).waiting);  // it was for one run
    world.host.clock.step_wall_clock({-minutes(15).ns});
    CHECK(world.ask(kAsks).waiting);
    approve(3, "{rule: asks, host: web2, until: '2026-11-27T12:00:00Z'}");
    CHECK(world.ask(kAsks).waiting);
    approve(4, "{playbook: pushed.yml, until: '2026-11-20T16:00:00Z'}");
    CHECK(world.ask(kAsks).ran);
    world.host.clock.advance(hours(1));
    CHECK(world.ask(kAsks).ran);
    CHECK(world.runner.runs == 3);
    world.host.clock.advance(hours(3));
    CHECK(world.ask(kAsks).waiting);
    CHECK(world.runner.runs == 3);
}

TEST_CASE("actuator_fleet: a flood of bundles does not push the history out of the log") {
    World world;
    const auto size = [&] { return world.audit().size(); };
    for (int i = 0; i < 200; ++i) {
        world.host.leave("changed " + std::to_string(i));
        ActionRequest request;
        request.config_hash = 1;
        (void)world.actuator->handle({.uid = kWatcher, .pid = 1}, encode(request));
    }
    const std::size_t before = size();
    world.host.leave("changed again");
    ActionRequest request;
    request.config_hash = 1;
    (void)world.actuator->handle({.uid = kWatcher, .pid = 1}, encode(request));
    CHECK(size() == before);
}
