#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("pause: waits through the pauser and says so as Ansible does") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - pause: {seconds: 3}\n    - pause: {minutes: 1}\n"
        "    - pause: {seconds: 0}\n");
    REQUIRE(report);
    CHECK(*report->tasks[0].outcome.output == "Paused for 3.0 seconds");
    CHECK(*report->tasks[1].outcome.output == "Paused for 1.0 minutes");
    CHECK(*report->tasks[2].outcome.output == "Paused for 1.0 seconds");
    CHECK(play.pauser.pauses[1] == seconds(60));
}

TEST_CASE("pause: too long fails, no length is refused") {
    test::PlayFixture play;
    CHECK(play.run_tasks("    - pause: {seconds: 301}\n")->failed);
    CHECK(play.run_tasks("    - pause: {minutes: 6}\n")->failed);
    CHECK(play.run_tasks("    - pause: {seconds: 5}\n      timeout: 2\n")->failed);
    CHECK(play.refusal("    - pause:\n") != "accepted");
    CHECK(play.refusal("    - pause: {seconds: 1, minutes: 1}\n") != "accepted");
    CHECK(play.refusal("    - pause: {prompt: hello}\n") != "accepted");
}

}  // namespace homeostat::playbook
