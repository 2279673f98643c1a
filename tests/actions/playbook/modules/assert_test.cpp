#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("assert: holds, or says which did not") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - assert: {that: [1 < 2, true]}\n"
        "    - assert: {that: 1 > 2, fail_msg: 'x is {{ 1 }}'}\n      ignore_errors: true\n      "
        "register: r\n"
        "    - assert: {that: 1 > 2}\n      ignore_errors: true\n"
        "    - assert: {that: true, success_msg: fine, quiet: true}\n"
        "    - assert: {that: nosuch}\n      ignore_errors: true\n"
        "    - assert: {that: 1}\n      ignore_errors: true\n"
        "    - debug: {msg: '{{ r.assertion }} {{ r.evaluated_to }}'}\n");
    REQUIRE(report);
    CHECK(report->tasks[0].outcome.message.text() == "All assertions passed");
    CHECK(report->tasks[1].outcome.message.text() == "x is 1");
    CHECK(report->tasks[2].outcome.message.text() == "Assertion failed");
    CHECK(report->tasks[3].outcome.message.text() == "fine");
    CHECK(report->tasks[4].outcome.failed);
    CHECK(report->tasks[5].outcome.failed);
    CHECK(report->tasks[6].outcome.message.text() == "1 > 2 False");
    CHECK(play.refusal("    - assert: {}\n") != "accepted");
    CHECK(play.refusal("    - assert: {that: 'a ='}\n") != "accepted");
}

}  // namespace homeostat::playbook
