#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "actions/actuator.hpp"
#include "tests/actions/actuator_world.hpp"

namespace homeostat::test {
namespace {

TEST_CASE("actuator run: an allowed action runs, is judged by its effect, and is audited") {
    World world;
    world.runner.meanwhile = [&] { world.fill("srv/a", 60); };
    const ActionReport report = world.ask(kClean, 0);
    CHECK(report.ran);
    CHECK_FALSE(report.failed);
    CHECK(report.rule == "clean");
    CHECK(report.playbook == "clean.yml");
    CHECK(report.mode == "auto");
    CHECK(report.ok == 3);
    CHECK(report.changed == 1);
    CHECK(report.detail == "90.0 % used -> 40.0 % used: deleted 4");
    CHECK(report.incident.bytes[0] == 9);
    REQUIRE(world.runner.rules.size() == 1);
    CHECK(world.runner.targets[0] == "/srv/a");
    CHECK(world.runner.paths[0] == "/etc/homeostat/playbooks/clean.yml");
    CHECK_FALSE(world.runner.checks[0]);
    CHECK(load_ledger(world.state / "ledger")->runs()[0].outcome == Outcome::Effective);
    const std::string audit = world.audit();
    CHECK(audit.find(R"("event":"begin")") < audit.find(R"("event":"ran")"));
    CHECK(audit.find("uid 4242 pid 1") != std::string::npos);
    CHECK(verify_audit(world.state.path()));
    const auto mark = parse_audit_mark(report.audit_head);
    REQUIRE(mark);
    CHECK(verify_audit(world.state.path(), *mark));
}

TEST_CASE("actuator run (RULES D22): a useless action runs twice, then the breaker is open") {
    World world;
    world.config.allow_list.actions[0].limits = {
        .per_hour = 60, .per_day = 60, .cooldown = Duration{}};
    world.config.allow_list.host_per_hour = 60;
    world.config.allow_list.host_per_day = 200;
    int runs = 0;
    for (int i = 0; i < 100; ++i) {
        if (world.ask(kClean, 0).ran) ++runs;
        world.clock.advance(minutes(3));
    }
    CHECK(runs == 2);
    CHECK(says(world.ask(kClean, 0), "breaker: 2 runs in a row did not help"));
}

TEST_CASE("actuator run: a refused playbook and a failed run are told truly") {
    World world;
    world.runner.refusal = make_error(Errc::Denied, "clean.yml:3:5: no such module");
    ActionReport report = world.ask(kClean, 0);
    CHECK_FALSE(report.ran);
    CHECK(report.failed);
    CHECK(report.detail == "clean.yml:3:5: no such module");
    world.runner.refusal.reset();
    world.runner.outcome = {
        .failed = true, .ok = 1, .changed = 0, .failures = 1, .detail = "task 'x': rc 1"};
    report = world.ask(kClean, 1);
    CHECK(report.ran);
    CHECK(report.failed);
    CHECK(report.failures == 1);
    CHECK(report.detail == "90.0 % used -> 90.0 % used, it did not help: task 'x': rc 1");
    const auto ledger = load_ledger(world.state / "ledger");
    REQUIRE(ledger);
    CHECK(ledger->runs()[0].outcome == Outcome::Failed);
    CHECK(ledger->runs()[1].outcome == Outcome::Failed);
}

TEST_CASE("actuator run: the run is in ledger and audit log before it begins") {
    World world;
    bool seen = false;
    world.runner.meanwhile = [&] {
        const auto ledger = load_ledger(world.state / "ledger");
        REQUIRE(ledger);
        REQUIRE(ledger->runs().size() == 1);
        CHECK(ledger->runs()[0].outcome == Outcome::Started);
        CHECK(world.audit().find(R"("event":"begin")") != std::string::npos);
        seen = true;
    };
    CHECK(world.ask(kClean, 0).ran);
    CHECK(seen);
}

TEST_CASE(
    "actuator run: killed in the middle of a run, the next start says so and counts it as failed") {
    World world;
    std::string during;
    world.runner.meanwhile = [&] { during = *read_file(world.state / "ledger", 1 << 20); };
    CHECK(world.ask(kClean, 0).ran);
    REQUIRE(write_file_atomically(world.state / "ledger", during, 0600));
    world.open();
    CHECK_FALSE(world.ask(kClean, 0).ran);  // the cooldown counts from the run that was cut off
    CHECK(world.audit().find(R"("event":"abandoned")") != std::string::npos);
    CHECK(world.ask(kClean, 1).ran);
}

TEST_CASE("actuator run: one at a time on the host, over processes") {
    World world;
    const int lock = ::open((world.state / "lock").c_str(), O_RDWR | O_CREAT, 0600);
    REQUIRE(lock >= 0);
    REQUIRE(::flock(lock, LOCK_EX) == 0);
    CHECK(says(world.ask(kClean, 0), "one at a time"));
    ::close(lock);
    CHECK(world.ask(kClean, 0).ran);
}

TEST_CASE("actuator run: a log that cannot be written stops the action before it begins") {
    if (::geteuid() == 0) {
        World world;
        // The head of the log cannot be replaced when its temporary is a directory.
        REQUIRE(::mkdir((world.state / "audit.head.new").c_str(), 0700) == 0);
        CHECK_FALSE(world.ask(kClean, 0).ran);
        CHECK(world.runner.rules.empty());
    }
}

TEST_CASE("actuator run (RULES B22): what made matters worse once is out, by what it saw itself") {
    World world;
    world.runner.meanwhile = [&] { world.fill("srv/a", 5); };  // 90 % becomes 95 %
    const ActionReport report = world.ask(kClean, 0);
    CHECK(report.effect == Effect::Worse);
    world.clock.advance(hours(2));
    CHECK(says(world.ask(kClean, 0), "breaker"));
    world.clock.advance(hours(5));
    CHECK(world.ask(kClean, 0).ran);
}

TEST_CASE("actuator run (RULES C4): a harder rung runs only after the gentler one has failed") {
    World world;
    world.config.rules[kNotAllowed].playbook = "clean.yml";
    world.config.rules[kAsk].mode = ActionMode::Auto;
    world.config.rules[kAsk].below = kClean;
    CHECK(says(world.ask(kAsk, 2), "ladder: 'clean' comes first"));
    REQUIRE(world.ask(kClean, 0).effect == Effect::DidNotHelp);
    CHECK(world.ask(kAsk, 2).ran);
}

}  // namespace
}  // namespace homeostat::test
