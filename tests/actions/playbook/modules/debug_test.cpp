#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("debug: a message, a value, or nothing") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - debug:\n"
        "    - debug: {msg: [1, '{{ x }}']}\n"
        "    - debug: {var: x | upper}\n"
        "    - debug: {var: x, verbosity: 1}\n"
        "    - debug: {var: nosuch}\n"
        "    - debug: {var: x.y.z}\n"
        "    - debug: {var: x < 1}\n      ignore_errors: true\n",
        "  vars: {x: a}\n");
    REQUIRE(report);
    CHECK(report->tasks[0].outcome.message.text() == "Hello world!");
    CHECK(to_repr(report->tasks[1].outcome.message) == "[1, 'a']");
    CHECK(report->tasks[2].outcome.message.text() == "A");
    CHECK(report->tasks[3].outcome.skipped);
    CHECK(report->tasks[4].outcome.message.text() == "VARIABLE IS NOT DEFINED!");
    CHECK(report->tasks[5].outcome.message.text() == "VARIABLE IS NOT DEFINED!");
    CHECK(report->tasks[6].outcome.failed);
    CHECK(play.refusal("    - debug: {msg: a, var: b}\n") != "accepted");
    CHECK(play.refusal("    - debug: {var: 'a b'}\n") != "accepted");
}

}  // namespace homeostat::playbook
