#include "actions/forked_runner.hpp"

#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "actions/descriptor.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat {
namespace {

// A directory with a playbook, and an entry that allows it what the test needs.
struct World {
    World() {
        ::umask(022);
        rule.name = "r";
        action.paths = {files.path()};
        action.shell = true;
        action.time_limit = seconds(20);
        target.name = files.path();
        target.kind = SubjectKind::Mount;
    }

    Result<RunOutcome> run(const std::string& tasks, int stop = -1) {
        auto root = DirectoryRoot::open("/");
        REQUIRE(root);
        const SystemClock clock;
        ForkedRunner runner(*root, clock, stop);
        const std::string path =
            files.write("p.yml", "- hosts: localhost\n  gather_facts: false\n  tasks:\n" + tasks);
        return runner.run({.rule = rule,
                           .action = action,
                           .target = target,
                           .incident = {},
                           .playbook_path = path,
                           .check = false});
    }

    test::TemporaryDirectory files;
    Rule rule;
    AllowedAction action;
    AllowedTarget target;
};

bool has_children() {
    return ::waitpid(-1, nullptr, WNOHANG) == 0 || errno != ECHILD;
}

TEST_CASE("forked runner: a run's totals come back from the child") {
    World world;
    const auto outcome = world.run("    - name: hello\n      shell: echo hello\n");
    REQUIRE_MESSAGE(outcome.has_value(), std::string(outcome ? "" : outcome.error().text.c_str()));
    CHECK_FALSE(outcome->failed);
    CHECK(outcome->ok == 1);
    CHECK(outcome->changed == 1);
    CHECK(outcome->detail == "hello");
    CHECK_FALSE(has_children());
}

TEST_CASE("forked runner: a failure is told, a refusal is an error with its place") {
    World world;
    const auto failed = world.run("    - name: fails\n      shell: exit 3\n");
    REQUIRE(failed);
    CHECK(failed->failed);
    CHECK(failed->failures == 1);
    CHECK(std::string(failed->detail.view()) == "task 'fails': non-zero return code (rc 3)");
    const auto refused = world.run("    - nonsense: 1\n");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text.view().find("p.yml:4:") != std::string_view::npos);
    CHECK_FALSE(has_children());
}

TEST_CASE("forked runner (RULES B3): at the time limit everything that was started is gone") {
    World world;
    world.action.time_limit = seconds(1);
    // A daemon as evil as they come: new session, forked twice, streams closed.
    const auto outcome = world.run(
        "    - shell: (setsid sh -c 'sleep 300 & sleep 300' >/dev/null 2>&1 &); sleep 300\n");
    REQUIRE(outcome);
    CHECK(outcome->failed);
    CHECK(outcome->detail.view().find("longer than its time limit") != std::string_view::npos);
    CHECK_FALSE(has_children());
}

TEST_CASE("forked runner (RULES B3): what a run leaves behind is gone when it is over") {
    World world;
    const auto outcome = world.run(
        "    - shell: setsid sh -c 'setsid sleep 300 & exec sleep 300' >/dev/null 2>&1 &\n");
    REQUIRE(outcome);
    CHECK_FALSE(outcome->failed);
    CHECK_FALSE(has_children());
}

TEST_CASE("forked runner: told to stop, it ends the run and says so") {
    World world;
    const Descriptor stop(::eventfd(1, EFD_CLOEXEC));
    const auto outcome = world.run("    - shell: sleep 300\n", stop.get());
    REQUIRE(outcome);
    CHECK(outcome->failed);
    CHECK(outcome->detail.view().find("the actuator has to stop") != std::string_view::npos);
    CHECK_FALSE(has_children());
}

TEST_CASE("forked runner (RULES B5): a playbook that others can write is not run") {
    World world;
    REQUIRE(world.run("    - shell: 'true'\n"));
    REQUIRE(::chmod((world.files / "p.yml").c_str(), 0666) == 0);
    auto root = DirectoryRoot::open("/");
    REQUIRE(root);
    const SystemClock clock;
    ForkedRunner runner(*root, clock, -1);
    const auto outcome = runner.run({.rule = world.rule,
                                     .action = world.action,
                                     .target = world.target,
                                     .incident = {},
                                     .playbook_path = world.files / "p.yml",
                                     .check = false});
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == Errc::Denied);
}

}  // namespace
}  // namespace homeostat
