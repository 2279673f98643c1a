// What a person says to the actuator (actions/actuator_person.cpp).
#include <doctest/doctest.h>

#include <string>

#include "tests/actions/actuator_world.hpp"

namespace homeostat::test {
namespace {

TEST_CASE("actuator (RULES T5): only a person approves in advance, and only the named pair") {
    World world;
    ActionRequest request;
    request.opcode = Opcode::Approve;
    request.rule = kAsk;
    request.target = 2;
    request.mode = ActionMode::Recommend;
    request.config_hash = 77;
    request.length_s = 3600;
    const auto send = [&](uid_t uid) {
        return world.actuator->handle({.uid = uid, .pid = 1}, encode(request)).report;
    };
    CHECK(says(send(kWatcher), "only a person (root) can approve, never the watcher"));
    CHECK(says(world.ask(kAsk, 2), "a person must approve it"));

    CHECK(says(send(0), "approved in advance for 1h on /srv/a"));
    CHECK(world.audit().find("\"event\":\"approved\"") != std::string::npos);
    world.open();  // an actuator that starts anew still knows
    const auto report = world.ask(kAsk, 2);
    CHECK(report.ran);
    CHECK(report.mode == "recommend");
    CHECK(says(world.ask(kClean, 0, ActionMode::Recommend), "a person must approve it"));
    CHECK(says(world.ask(kAsk, 2), "cooldown"));  // nobody asks at this moment: the guards hold

    world.clock.advance(hours(1));
    CHECK(says(world.ask(kAsk, 2), "a person must approve it"));

    CHECK(says(send(0), "approved in advance"));
    request.length_s = 0;
    CHECK(says(send(0), "no longer approved in advance on /srv/a"));
    CHECK(says(world.ask(kAsk, 2), "a person must approve it"));
}

TEST_CASE("actuator: nothing can be approved where the owner allows dry runs only") {
    World world;
    world.config.allow_list.max_mode = ActionMode::Observe;
    ActionRequest request;
    request.opcode = Opcode::Approve;
    request.rule = kAsk;
    request.target = 2;
    request.mode = ActionMode::Recommend;
    request.config_hash = 77;
    request.length_s = 60;
    const auto answer = world.actuator->handle({.uid = 0, .pid = 1}, encode(request));
    CHECK(says(answer.report, "mode observe: approval changes nothing here"));
    CHECK(world.runner.rules.empty());
}

TEST_CASE("actuator (RULES C4): what waits for a person says what there is to approve") {
    World world;
    world.runner.outcome.detail = "would change: delete them (4)";
    const ActionReport report = world.ask(kAsk, 2);
    CHECK_FALSE(report.ran);
    CHECK(report.waiting);
    CHECK(says(report, "a person must approve it: 90.0 % used -> 90.0 % used") == false);
    CHECK(says(report, "would change: delete them (4)"));
    REQUIRE(world.runner.checks.size() == 1);
    CHECK(world.runner.checks[0]);  // a dry run
    // The person runs it; the watcher hears of it when it asks again, and runs nothing.
    world.runner.meanwhile = [&] { world.fill("srv/a", 60); };
    CHECK(world.ask(kAsk, 2, ActionMode::Recommend, 0).ran);
    const ActionReport told = world.ask(kAsk, 2);
    CHECK_FALSE(told.ran);
    CHECK_FALSE(told.waiting);
    CHECK(told.effect == Effect::Helped);
    CHECK(says(told, "a person had it run: effective"));
    CHECK(world.runner.checks.size() == 2);
}

ActionReport tell(World& world, Opcode opcode, std::uint64_t length_s, uid_t uid = 0,
                  std::uint64_t hash = 77) {
    ActionRequest request;
    request.opcode = opcode;
    request.config_hash = hash;
    request.length_s = length_s;
    return world.actuator->handle({.uid = uid, .pid = 1}, encode(request)).report;
}

TEST_CASE("actuator (RULES C4): a person's pause stops everything, over restarts, until it ends") {
    World world;
    CHECK(says(tell(world, Opcode::Pause, 3600, kWatcher), "only a person (root)"));
    CHECK(says(tell(world, Opcode::Pause, 3600), "paused: nothing runs for 1h"));
    world.open();  // an actuator that starts anew still knows
    CHECK(says(world.ask(kClean, 0), "paused by a person, for another 60 min"));
    CHECK(says(world.ask(kClean, 0, ActionMode::Observe), "paused by a person"));
    CHECK(says(world.ask(kAsk, 2, ActionMode::Recommend, 0), "paused by a person"));
    CHECK(world.runner.rules.empty());
    world.clock.step_wall_clock(hours(100));  // a clock that jumps ends nothing
    CHECK(says(world.ask(kClean, 0), "paused by a person"));
    world.clock.advance(hours(1));
    CHECK(world.ask(kClean, 0).ran);
    CHECK(world.audit().find(R"("event":"paused")") != std::string::npos);
}

TEST_CASE("actuator (RULES T4): nothing on disk holds up a person's pause, resume or undo") {
    World world;
    CHECK(says(tell(world, Opcode::Pause, 0, 0, 0), "paused: nothing runs"));
    CHECK(says(world.ask(kClean, 0), "paused by a person"));
    CHECK(says(tell(world, Opcode::Undo, 0, 0, 12345), "nothing that was done"));
    CHECK(says(tell(world, Opcode::Resume, 0, 0, 12345), "no longer paused"));
    for (const Opcode opcode : {Opcode::Pause, Opcode::Resume, Opcode::Undo}) {
        CHECK(says(tell(world, opcode, 0, kWatcher, 0), "only a person (root)"));
    }
    CHECK(world.ask(kClean, 0).ran);
}

TEST_CASE("actuator (RULES C4): a pause without an end is ended by a person only") {
    World world;
    CHECK(says(tell(world, Opcode::Pause, 0), "until `homeostat resume`"));
    world.clock.advance(hours(1000));
    CHECK(says(world.ask(kClean, 0), "paused by a person, until `homeostat resume`"));
    CHECK(says(tell(world, Opcode::Resume, 0, kWatcher), "only a person (root)"));
    CHECK(says(world.ask(kClean, 0), "paused by a person"));
    CHECK(says(tell(world, Opcode::Resume, 0), "no longer paused"));
    CHECK(world.ask(kClean, 0).ran);
    CHECK(says(tell(world, Opcode::Resume, 0), "it was not paused"));
    CHECK(world.audit().find(R"("event":"resumed")") != std::string::npos);
}

}  // namespace
}  // namespace homeostat::test
