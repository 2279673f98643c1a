// Actions that are taken back (actions/actuator_undo.cpp).
#include <doctest/doctest.h>

#include <string>

#include "tests/actions/actuator_world.hpp"

namespace homeostat::test {
namespace {

// `clean` can be undone, by itself after half an hour; `restart` gives nginx less for ten minutes.
struct UndoWorld : World {
    UndoWorld() {
        config.rules[kClean].undo = Undo{"unclean.yml", minutes(30)};
        config.allow_list.actions[0].undo = "unclean.yml";
        config.rules[kRestart].restrain =
            Restraint{.cpu_weight = 20, .io_weight = {}, .memory_high = 0.5, .length = minutes(10)};
        config.allow_list.actions[3].requires_ = {};
        config.allow_list.actions[3].restrain_max = minutes(10);
    }

    ActionReport undo(uid_t uid = 0) {
        ActionRequest request;
        request.opcode = Opcode::Undo;
        request.config_hash = 77;
        request.incident.bytes[0] = 9;
        return actuator->handle({.uid = uid, .pid = 1}, encode(request)).report;
    }

    ActionReport harm() {
        ActionRequest request;
        request.opcode = Opcode::Harm;
        request.rule = kClean;
        request.mode = ActionMode::Auto;
        request.config_hash = 77;
        return actuator->handle({.uid = kWatcher, .pid = 1}, encode(request)).report;
    }

    // What systemctl will answer when it is asked for the unit's shares.
    void shares(const char* weight, const char* high) {
        spawner.answer(0, std::string("LoadState=loaded\nCPUWeight=") + weight +
                              "\nIOWeight=[not set]\nMemoryHigh=" + high +
                              "\nMemoryCurrent=20971520\n");
    }
    void fine() { spawner.answer(0); }

    std::string last_command() const {
        std::string text;
        for (const auto& word : spawner.asked.back().argv) text += word + " ";
        return text;
    }

    std::size_t undos() { return load_ledger(state / "ledger")->undos().size(); }
};

TEST_CASE("actuator: what was done is taken back when a person asks, once") {
    UndoWorld world;
    CHECK(says(world.undo(), "nothing that was done for this incident can be taken back"));
    REQUIRE(world.ask(kClean, 0).ran);
    CHECK(world.undos() == 1);
    CHECK(says(world.undo(kWatcher), "only a person (root)"));
    world.open();  // an actuator that starts anew still knows
    const ActionReport report = world.undo();
    CHECK(report.ran);
    CHECK(report.undone);
    CHECK(says(report, "took back 'clean' on /srv/a, a person asked for it: deleted 4"));
    CHECK(world.runner.paths.back() == "/etc/homeostat/playbooks/unclean.yml");
    CHECK_FALSE(world.runner.checks.back());
    CHECK(world.audit().find(R"("event":"undone")") != std::string::npos);
    CHECK(says(world.undo(), "nothing that was done"));
    CHECK(verify_audit(world.state.path()));
}

TEST_CASE("actuator (RULES B22): a run that made matters worse is taken back at once") {
    UndoWorld world;
    world.runner.meanwhile = [&] { world.fill("srv/a", 5); };  // 90 % becomes 95 %
    const ActionReport report = world.ask(kClean, 0);
    CHECK(report.effect == Effect::Worse);
    CHECK(report.undone == true);
    CHECK(says(report, "took back 'clean' on /srv/a, it made matters worse"));
    CHECK(world.runner.paths.back() == "/etc/homeostat/playbooks/unclean.yml");
    CHECK(world.undos() == 0);
}

TEST_CASE("actuator (RULES B22): ... also when the watcher sees it later") {
    UndoWorld world;
    REQUIRE(world.ask(kClean, 0).ran);
    const ActionReport report = world.harm();
    CHECK(report.effect == Effect::Worse);
    CHECK(says(report, "took back 'clean' on /srv/a"));
    CHECK(world.runner.rules.size() == 2);
}

TEST_CASE("actuator (RULES T5): a watcher that cries harm all day has little undone by it") {
    UndoWorld world;
    REQUIRE(world.ask(kClean, 0).ran);
    world.runner.outcome.failed = true;
    for (int i = 0; i < 50; ++i) (void)world.harm();
    CHECK(world.runner.rules.size() == 1 + kUndoTriesMax);
    world.runner.outcome.failed = false;
    CHECK(says(world.undo(), "took back"));
    for (int i = 0; i < 50; ++i) (void)world.harm();
    CHECK(world.runner.rules.size() == 2 + kUndoTriesMax);
}

TEST_CASE("actuator: a run that did nothing, or was refused, leaves nothing to take back") {
    UndoWorld world;
    world.runner.outcome.changed = 0;
    REQUIRE(world.ask(kClean, 0).ran);
    CHECK(world.undos() == 0);
    world.runner.refusal = make_error(Errc::Denied, "clean.yml:3:5: no such module");
    CHECK_FALSE(world.ask(kClean, 1).ran);
    CHECK(world.undos() == 0);
    CHECK(world.ask(kClean, 0, ActionMode::Observe).failed);
    CHECK(world.undos() == 0);
}

TEST_CASE("actuator: a time box ends by itself, also for an actuator that was killed in between") {
    UndoWorld world;
    std::string during;
    world.runner.meanwhile = [&] { during = *read_file(world.state / "ledger", 1 << 20); };
    REQUIRE(world.ask(kClean, 0).ran);
    REQUIRE(write_file_atomically(world.state / "ledger", during, 0600));  // killed in the run
    world.runner.meanwhile = nullptr;
    world.open();
    const auto left = world.actuator->settle();
    REQUIRE(left);
    CHECK(*left == minutes(30));
    CHECK(world.audit().find(R"("event":"abandoned")") != std::string::npos);
    world.clock.advance(minutes(29));
    CHECK(world.actuator->settle() == minutes(1));
    CHECK(world.runner.rules.size() == 1);
    world.clock.advance(minutes(1));
    CHECK_FALSE(world.actuator->settle());
    CHECK(world.runner.paths.back() == "/etc/homeostat/playbooks/unclean.yml");
    CHECK(world.audit().find("its time is over") != std::string::npos);
    CHECK_FALSE(world.actuator->settle());
    CHECK(world.runner.rules.size() == 2);
}

TEST_CASE("actuator: a time box that cannot be ended is tried three times, then a person's") {
    UndoWorld world;
    REQUIRE(world.ask(kClean, 0).ran);
    world.clock.advance(minutes(30));
    world.runner.outcome = {
        .failed = true, .ok = 0, .changed = 0, .failures = 1, .detail = "task 'x': rc 1"};
    for (int i = 0; i < 10; ++i) {
        (void)world.actuator->settle();
        world.clock.advance(minutes(5));
    }
    CHECK(world.runner.rules.size() == 4);  // the run itself and three tries
    CHECK(world.audit().find(R"("event":"not undone")") != std::string::npos);
    CHECK_FALSE(world.actuator->settle());  // no reason to stay
    world.runner.outcome.failed = false;
    CHECK(says(world.undo(), "took back"));
}

TEST_CASE("actuator: while a time box is in force the same is not done again") {
    UndoWorld world;
    REQUIRE(world.ask(kClean, 0).ran);
    world.clock.advance(minutes(20));
    CHECK(says(world.ask(kClean, 0), "time box: what 'clean' did to /srv/a is in force for"));
}

TEST_CASE("actuator: a unit gets less for a while, and has it back") {
    UndoWorld world;
    world.shares("[not set]", "infinity");
    world.fine();
    const ActionReport report = world.ask(kRestart, 4);
    CHECK(report.ran);
    CHECK(report.changed == 2);
    CHECK(report.detail == "CPUWeight default -> 20, MemoryHigh infinity -> 10485760 for 10m");
    CHECK(world.last_command() ==
          "/usr/bin/systemctl --no-pager --no-ask-password set-property --runtime -- nginx.service "
          "CPUWeight=20 MemoryHigh=10485760 ");
    world.clock.advance(minutes(10));
    world.shares("20", "10485760");
    world.fine();
    CHECK_FALSE(world.actuator->settle());
    CHECK(world.last_command() ==
          "/usr/bin/systemctl --no-pager --no-ask-password set-property --runtime -- nginx.service "
          "CPUWeight= MemoryHigh=infinity ");
    CHECK(world.audit().find("2 of 2 put back") != std::string::npos);
}

TEST_CASE("actuator: what a person set meanwhile is not put back") {
    UndoWorld world;
    world.shares("[not set]", "infinity");
    world.fine();
    REQUIRE(world.ask(kRestart, 4).ran);
    world.clock.advance(minutes(10));
    world.shares("50", "10485760");
    world.fine();
    CHECK_FALSE(world.actuator->settle());
    CHECK(world.last_command().ends_with("-- nginx.service MemoryHigh=infinity "));
}

TEST_CASE("actuator: a dry run says what a unit would get, a reboot ends it") {
    UndoWorld world;
    world.shares("[not set]", "infinity");
    const ActionReport dry = world.ask(kRestart, 4, ActionMode::Observe);
    CHECK(says(dry, "would set CPUWeight default -> 20"));
    CHECK(world.undos() == 0);
    world.shares("[not set]", "infinity");
    world.fine();
    REQUIRE(world.ask(kRestart, 4).ran);
    world.root.set("proc/sys/kernel/random/boot_id", "boot-2\n");
    CHECK_FALSE(world.actuator->settle());  // systemd has forgotten it as well
}

TEST_CASE("actuator: a unit that has no more already is left alone") {
    UndoWorld world;
    world.shares("10", "1048576");
    CHECK(says(world.ask(kRestart, 4), "not needed: nginx.service has no more than that"));
    CHECK(world.runner.rules.empty());
}

TEST_CASE("actuator (RULES B6): the owner's entry names what may undo, and how long to restrain") {
    UndoWorld world;
    world.config.allow_list.actions[0].undo = "other.yml";
    CHECK(says(world.ask(kClean, 0), "does not allow the undo unclean.yml"));
    world.config.allow_list.actions[3].restrain_max = minutes(9);
    CHECK(says(world.ask(kRestart, 4), "allows to restrain for 9m, not 10m"));
    CHECK(world.runner.rules.empty());
}

TEST_CASE("actuator: an undo that the owner has taken away since is refused, and told") {
    UndoWorld world;
    REQUIRE(world.ask(kClean, 0).ran);
    world.config.allow_list.actions[0].undo = "";
    const ActionReport report = world.undo();
    CHECK(report.failed);
    CHECK(says(report, "allow.yml no longer allows unclean.yml for 'clean'"));
    CHECK(world.undos() == 1);
}

TEST_CASE("actuator (RULES C4): a pause does not hold up what puts the host back") {
    UndoWorld world;
    REQUIRE(world.ask(kClean, 0).ran);
    ActionRequest pause;
    pause.opcode = Opcode::Pause;
    pause.config_hash = 77;
    REQUIRE(world.actuator->handle({.uid = 0, .pid = 1}, encode(pause)).report.ran);
    world.clock.advance(minutes(30));
    CHECK_FALSE(world.actuator->settle());
    CHECK(world.runner.paths.back() == "/etc/homeostat/playbooks/unclean.yml");
}

}  // namespace
}  // namespace homeostat::test
