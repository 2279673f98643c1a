#include "actions/playbook/task_values.hpp"

#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("task values: settings may be expressions") {
    test::PlayFixture play;
    for (int i = 0; i < 4; ++i) play.spawner.answer(test::PlayFixture::exits(1));
    const auto report = play.run_tasks(
        "    - {command: 'true', ignore_errors: '{{ yes_text }}'}\n"
        "    - command: 'true'\n      register: r\n      until: r.rc == 0\n      retries: '{{ n "
        "}}'\n"
        "      delay: '{{ n }}'\n      ignore_errors: true\n"
        "    - {command: 'true', timeout: '{{ n }}', ignore_errors: '{{ nosuch }}'}\n",
        "  vars: {yes_text: 'yes', n: 1}\n");
    REQUIRE(report);
    CHECK(report->tasks[0].ignored);
    CHECK(report->tasks[1].outcome.attempts == 1);
    CHECK(play.pauser.pauses[0] == seconds(1));
    CHECK_FALSE(report->tasks[2].ignored);
    CHECK(play.spawner.asked.back().timeout == seconds(1));
    const auto wrong = play.run_tasks(
        "    - command: 'true'\n      register: r\n      until: true\n      retries: '{{ 0 }}'\n");
    CHECK(wrong->tasks[0].outcome.failed);
}

TEST_CASE("task values: an error names the parameter") {
    test::PlayFixture play;
    const auto report = play.run_tasks("    - stat: {path: '{{ nosuch }}'}\n");
    CHECK(report->tasks[0].outcome.message.text() == "path: 'nosuch' is undefined");
    const auto typed = play.run_tasks("    - stat: {path: /a, follow: '{{ 5 }}'}\n");
    CHECK(typed->tasks[0].outcome.message.text() == "follow: yes or no was expected, not a number");
}

}  // namespace homeostat::playbook
