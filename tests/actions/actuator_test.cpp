#include "actions/actuator.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <random>
#include <string>

#include "tests/actions/actuator_world.hpp"

namespace homeostat::test {
namespace {

TEST_CASE("actuator (RULES B7, C2 row 8): only the watcher, root and its owner are heard") {
    World world;
    for (const uid_t uid : {kStranger, uid_t{1}, uid_t{65534}, static_cast<uid_t>(-1)}) {
        CAPTURE(uid);
        const ActionReport report = world.ask(kClean, 0, ActionMode::Auto, uid);
        CHECK_FALSE(report.ran);
        CHECK(says(report, "is not the watcher (uid 4242)"));
    }
    CHECK(world.runner.rules.empty());
    CHECK(world.audit().find(R"("event":"refused","peer":"uid 4343)") != std::string::npos);
    CHECK(world.ask(kClean, 0, ActionMode::Auto, 0).ran);
}

TEST_CASE("actuator (RULES B6): only a rule and a target of one entry fit together") {
    World world;
    struct Row {
        std::uint16_t rule;
        std::uint16_t target;
        std::string_view says;
    };
    for (const Row& row :
         {Row{5, 0, "there is no rule 5"}, Row{0xFFFF, 0, "there is no rule"},
          Row{kClean, 5, "allow-list: no entry"}, Row{kClean, kNoTarget, "allow-list: no entry"},
          Row{kClean, 2, "allow-list: no entry for this rule, playbook"},
          Row{kRestart, 0, "allow-list: no entry for this rule, playbook"},
          Row{kNotAllowed, 0, "allow-list: no entry for this rule, playbook"},
          Row{kOff, 3, "the rule is disabled"}}) {
        CAPTURE(row.says);
        const ActionReport report = world.ask(row.rule, row.target);
        CHECK_FALSE(report.ran);
        CHECK(says(report, row.says));
    }
    CHECK(world.runner.rules.empty());
}

TEST_CASE("actuator: both sides must mean the same by their numbers") {
    World world;
    world.config.hash = 78;
    const ActionReport report = world.ask(kClean, 0);
    CHECK_FALSE(report.ran);
    CHECK(says(report, "changed on disk"));
    world.config.hash = 77;
    CHECK(world.ask(kClean, 0).ran);
}

TEST_CASE("actuator (RULES T4, T6): the lowest mode wins and recommend needs a person") {
    struct Row {
        ActionMode request;
        ActionMode entry;
        ActionMode host;
        uid_t uid;
        bool ran;
        std::string_view mode;
    };
    using enum ActionMode;
    for (const Row& row : {Row{Auto, Auto, Auto, kWatcher, true, "auto"},
                           Row{Observe, Auto, Auto, kWatcher, true, "observe"},
                           Row{Auto, Observe, Auto, kWatcher, true, "observe"},
                           Row{Auto, Auto, Observe, kWatcher, true, "observe"},
                           Row{Recommend, Auto, Auto, kWatcher, false, "recommend"},
                           Row{Auto, Recommend, Auto, kWatcher, false, "recommend"},
                           Row{Auto, Auto, Recommend, kWatcher, false, "recommend"},
                           Row{Auto, Auto, Recommend, 0, true, "recommend"},
                           Row{Recommend, Auto, Auto, 0, true, "recommend"},
                           Row{Recommend, Observe, Auto, 0, true, "observe"}}) {
        World world;
        world.config.allow_list.actions[0].max_mode = row.entry;
        world.config.allow_list.max_mode = row.host;
        const ActionReport report = world.ask(kClean, 0, row.request, row.uid);
        CAPTURE(static_cast<int>(row.request));
        CAPTURE(static_cast<int>(row.entry));
        CAPTURE(static_cast<int>(row.host));
        CHECK(report.ran == row.ran);
        CHECK(report.mode == row.mode);
        if (row.ran) CHECK(world.runner.checks[0] == (row.mode == "observe"));
        if (!row.ran) CHECK(says(report, "a person must approve it"));
    }
    World world;  // the rule's own mode counts as well
    CHECK(says(world.ask(kAsk, 2), "a person must approve it"));
    CHECK(world.ask(kAsk, 2, ActionMode::Auto, 0).mode == "recommend");
}

TEST_CASE("actuator (RULES B6): a built-in refusal holds even if the files had let it pass") {
    World world;
    world.config.allow_list.actions[0].paths = {"/etc"};
    CHECK(says(world.ask(kClean, 0), "protected: /etc is a protected tree"));
    world.config.allow_list.targets[4].name = "ssh.service";
    CHECK(says(world.ask(kRestart, 4), "protected: ssh.service"));
    CHECK(world.runner.rules.empty());
}

TEST_CASE("actuator (RULES C4): pause, maintenance and the time after boot stop everything") {
    for (const char* name : {"pause", "maintenance"}) {
        World world;
        world.state.write(name, "");
        CHECK(says(world.ask(kClean, 0), "stopped by "));
        CHECK(says(world.ask(kClean, 0, ActionMode::Observe), "stopped by "));
        CHECK(says(world.ask(kClean, 0, ActionMode::Recommend, 0), "stopped by "));
        REQUIRE(::unlink((world.state / name).c_str()) == 0);
        CHECK(world.ask(kClean, 0).ran);
    }
    World world;
    // A dangling link is there, too.
    REQUIRE(::symlink("/nonexistent", (world.state / "pause").c_str()) == 0);
    CHECK(says(world.ask(kClean, 0), "stopped by "));
    World young;
    young.config.allow_list.grace_after_boot = hours(2);
    CHECK(says(young.ask(kClean, 0), "after boot"));
    CHECK(young.ask(kClean, 0, ActionMode::Observe).ran);
    CHECK(young.ask(kClean, 0, ActionMode::Recommend, 0).ran);
    young.clock.advance(hours(1));
    CHECK(young.ask(kClean, 1).ran);
}

TEST_CASE("actuator (RULES B2): budgets hold over requests, restarts and replays") {
    World world;
    CHECK(world.ask(kClean, 0).ran);
    CHECK(says(world.ask(kClean, 0), "cooldown"));
    CHECK(world.ask(kClean, 1).ran);
    world.clock.advance(minutes(30));
    world.open();
    CHECK(says(world.ask(kClean, 0), "budget: at most 2 runs of this rule in 1h"));
    world.clock.step_wall_clock(hours(1000));
    world.open();
    CHECK_FALSE(world.ask(kClean, 0).ran);
    CHECK(world.runner.rules.size() == 2);
}

TEST_CASE("actuator: the rule's own limits can only tighten the entry's") {
    World world;
    world.config.rules[kClean].limits = {.per_hour = 1U, .per_day = 100U, .cooldown = hours(5)};
    CHECK(world.ask(kClean, 0).ran);
    CHECK(says(world.ask(kClean, 1), "at most 1 runs of this rule"));
    world.clock.advance(hours(2));
    CHECK(says(world.ask(kClean, 0), "cooldown"));
}

TEST_CASE("actuator (RULES B2): a ledger or boot id that cannot be read stops everything") {
    World world;
    world.state.write("ledger", "damaged");
    CHECK(says(world.ask(kClean, 0), "ledger: cut short"));
    REQUIRE(::unlink((world.state / "ledger").c_str()) == 0);
    world.root.fail("proc/sys/kernel/random/boot_id", Errc::Io);
    CHECK_FALSE(world.ask(kClean, 0).ran);
    CHECK(world.runner.rules.empty());
}

TEST_CASE("actuator (RULES B2, D19): a lying watcher gets nothing done where nothing is wrong") {
    World world;
    world.fill("srv/a", 50);
    const ActionReport report = world.ask(kClean, 0);
    CHECK_FALSE(report.ran);
    CHECK(says(report, "precondition: not needed, /srv/a has 50.0 % used"));
    world.root.set("proc/self/mountinfo", "");
    CHECK(says(world.ask(kClean, 1), "nothing is mounted at /srv/b"));
    ExitReport active;
    active.code = 0;
    active.output = "LoadState=loaded\nActiveState=active\n";
    world.spawner.answer(active);
    CHECK(says(world.ask(kRestart, 4), "not needed, nginx.service has ActiveState active"));
    CHECK(world.runner.rules.empty());
    CHECK(load_ledger(world.state / "ledger")->runs().empty());  // nothing was taken from a budget
}

TEST_CASE("actuator: ping tells that both sides have read the same, and does nothing") {
    World world;
    ActionRequest request{.opcode = Opcode::Ping,
                          .rule = 0,
                          .target = 0,
                          .mode = ActionMode::Auto,
                          .incident = {},
                          .nonce = 5,
                          .config_hash = 77};
    const auto answer = world.actuator->handle({.uid = kWatcher, .pid = 1}, encode(request));
    CHECK(answer.report.detail.view().starts_with("5 rules, 5 allowed targets; audit line 1 "));
    CHECK_FALSE(answer.report.ran);
    CHECK(world.runner.rules.empty());
    // The log was silent, so it has a heartbeat now (RULES B25).
    CHECK(world.audit().find("\"event\":\"heartbeat\"") != std::string::npos);
}

TEST_CASE("actuator (RULES D18): a hostile watcher's bytes run nothing and stop nothing") {
    World world;
    std::minstd_rand random(11);
    std::vector<std::uint8_t> bytes;
    for (std::size_t size = 0; size <= 4096; size += size < 80 ? 1 : 37) {
        bytes.resize(size);
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
        const auto answer = world.actuator->handle({.uid = kWatcher, .pid = 1}, bytes);
        CHECK_FALSE(answer.report.ran);
    }
    const RequestBytes good = encode({.opcode = Opcode::Run,
                                      .rule = kClean,
                                      .target = 0,
                                      .mode = ActionMode::Auto,
                                      .incident = {},
                                      .nonce = 1,
                                      .config_hash = 77});
    for (unsigned opcode = 0; opcode <= 0xFFFF; ++opcode) {
        if (opcode == 1 || opcode == 2) continue;
        RequestBytes request = good;
        request[6] = static_cast<std::uint8_t>(opcode);
        request[7] = static_cast<std::uint8_t>(opcode >> 8U);
        if (world.actuator->handle({.uid = kWatcher, .pid = 1}, request).report.ran) FAIL(opcode);
    }
    CHECK(world.runner.rules.empty());
    // The flood has not filled the disk, and what was left out is counted in the next line.
    CHECK(world.audit().size() < 200'000);
    CHECK(world.ask(kClean, 0).ran);
    CHECK(verify_audit(world.state.path()));
}

TEST_CASE("actuator (RULES D19): every rule, target and mode a watcher can send stays in budget") {
    World world;
    std::minstd_rand random(5);
    int runs = 0;
    for (int i = 0; i < 3000; ++i) {
        const auto report = world.ask(static_cast<std::uint16_t>(random() % 7),
                                      static_cast<std::uint16_t>(random() % 7),
                                      static_cast<ActionMode>(random() % 3));
        if (report.ran && report.mode != "observe") ++runs;
        world.clock.advance(seconds(1));
    }
    CHECK(runs > 0);
    CHECK(runs <= 4);  // fifty minutes: the host's budget of one hour
}

TEST_CASE("actuator (RULES B22): ... and by the watcher's word, which can only stop things") {
    World world;
    const auto harm = [&](std::uint16_t rule, std::uint16_t target) {
        const ActionRequest request{.opcode = Opcode::Harm,
                                    .rule = rule,
                                    .target = target,
                                    .mode = ActionMode::Auto,
                                    .incident = {},
                                    .nonce = 5,
                                    .config_hash = 77};
        return world.actuator->handle({.uid = kWatcher, .pid = 1}, encode(request)).report;
    };
    CHECK(says(harm(kClean, 0), "no run of this rule here"));
    world.runner.meanwhile = [&] { world.fill("srv/a", 60); };
    REQUIRE(world.ask(kClean, 0).effect == Effect::Helped);
    CHECK(harm(kClean, 0).effect == Effect::Worse);
    CHECK(world.runner.rules.size() == 1);
    CHECK(world.audit().find("\"harmful\"") != std::string::npos);
    // RULES B24: saying it again pushes nothing out of the audit log.
    const std::string audit = world.audit();
    for (int i = 0; i < 500; ++i) CHECK(harm(kClean, 0).effect == Effect::Worse);
    CHECK(world.audit() == audit);
    world.fill("srv/a", 10);
    world.clock.advance(hours(2));
    CHECK(says(world.ask(kClean, 0), "breaker"));
    CHECK(says(harm(kClean, 0), "no run of this rule here"));  // too late to be its doing
}

TEST_CASE("actuator (RULES C4, B24): pressure and other hosts' turns hold back, relief does not") {
    World world;
    world.root.set("proc/pressure/memory", "full avg10=90 avg60=90.00 avg300=9 total=1\n");
    CHECK(says(world.ask(kClean, 0), "pressure: "));
    CHECK(world.ask(kClean, 0, ActionMode::Observe).ran);
    world.config.allow_list.actions[0].relief = true;
    CHECK(world.ask(kClean, 0).ran);
    World fleet;
    fleet.config.allow_list.fleet = {0.001, minutes(5)};
    CHECK(says(fleet.ask(kClean, 0), "fleet: no turn without a machine id"));
    fleet.root.set("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    int runs = 0;
    for (int slot = 0; slot < 20; ++slot) {
        runs += fleet.ask(kClean, 0).ran ? 1 : 0;
        fleet.clock.advance(minutes(5));
    }
    CHECK(runs <= 1);
}

}  // namespace
}  // namespace homeostat::test
