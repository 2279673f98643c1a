#include "actions/playbook/task_runner.hpp"

#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("task runner: conditions must be true or false") {
    test::PlayFixture play;
    for (const std::string_view condition :
         {"1", "'yes'", "none", "[]", "nosuch", "x", "'a' > 1"}) {
        CAPTURE(condition);
        const auto report = play.run_tasks("    - debug:\n      when: \"" + std::string(condition) +
                                           "\"\n      vars: {x: 'True'}\n");
        REQUIRE(report);
        CHECK(report->tasks[0].outcome.failed);
        CHECK(report->failed);
    }
    const auto list = play.run_tasks("    - debug:\n      when: [true, false, nosuch]\n");
    CHECK(list->tasks[0].outcome.skipped);
}

TEST_CASE("task runner: changed_when and failed_when see the result and judge it") {
    test::PlayFixture play;
    play.spawner.answer(test::PlayFixture::exits(3, "warn\n"));
    play.spawner.answer(test::PlayFixture::exits(0, "ERROR\n"));
    play.spawner.answer(test::PlayFixture::exits(0));
    const auto report = play.run_tasks(
        "    - command: \"true\"\n      register: r\n      changed_when: \"'warn' in r.stdout\"\n"
        "      failed_when: r.rc > 3\n"
        "    - command: \"true\"\n      register: s\n      changed_when: false\n"
        "      failed_when: \"'ERROR' in s.stdout\"\n      ignore_errors: true\n"
        "    - command: \"true\"\n      failed_when: nosuch\n      ignore_errors: true\n"
        "    - debug: {msg: '{{ r.failed_when_result }} {{ s.failed_when_result }} {{ s.rc }}'}\n");
    REQUIRE(report);
    CHECK(report->tasks[0].outcome.changed);
    CHECK_FALSE(report->tasks[0].outcome.failed);
    CHECK(report->tasks[1].outcome.failed);
    CHECK(report->tasks[1].ignored);
    CHECK(report->tasks[2].outcome.failed);
    CHECK(report->tasks[3].outcome.message.text() == "False True 0");
    CHECK(report->totals.ignored == 2);
}

TEST_CASE("task runner: N retries are N + 1 attempts, with the delay between them") {
    test::PlayFixture play;
    for (int i = 0; i < 4; ++i) play.spawner.answer(test::PlayFixture::exits(1));
    const auto failed = play.run_tasks(
        "    - command: \"true\"\n      register: r\n      until: r.rc == 0\n      retries: 3\n"
        "      delay: 7\n");
    CHECK(failed->tasks[0].outcome.failed);
    CHECK(failed->tasks[0].outcome.attempts == 3);
    CHECK(play.spawner.asked.size() == 4);
    REQUIRE(play.pauser.pauses.size() == 3);
    CHECK(play.pauser.pauses[0] == seconds(7));

    play.spawner.answer(test::PlayFixture::exits(1));
    play.spawner.answer(test::PlayFixture::exits(0));
    const auto succeeded =
        play.run_tasks("    - command: \"true\"\n      register: r\n      until: r is succeeded\n");
    CHECK_FALSE(succeeded->tasks[0].outcome.failed);
    CHECK(succeeded->tasks[0].outcome.attempts == 2);
    CHECK(play.pauser.pauses.back() == seconds(5));
}

TEST_CASE("task runner: loops") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - debug: {msg: '{{ i }}{{ x }}'}\n      loop: [a, b]\n"
        "      loop_control: {loop_var: x, index_var: i, label: 'L{{ x }}', pause: 2}\n"
        "      when: x != 'b'\n      register: r\n"
        "    - debug: {msg: '{{ item }}'}\n      with_items: [[p, q], r]\n"
        "    - debug:\n      loop: []\n      register: e\n"
        "    - debug:\n      loop: '{{ 5 }}'\n      ignore_errors: true\n"
        "    - debug:\n      loop: '{{ nosuch }}'\n      when: false\n"
        "    - debug: {msg: \"{{ r.results[0].x }} {{ r.results[1] is skipped }} {{ e is skipped "
        "}} {{ r.skipped }}\"}\n");
    REQUIRE(report);
    const TaskReport& first = report->tasks[0];
    REQUIRE(first.items.size() == 2);
    CHECK(first.items[0].outcome.message.text() == "0a");
    CHECK(first.items[0].label.text() == "La");
    CHECK(first.items[1].outcome.skipped);
    CHECK_FALSE(first.outcome.skipped);
    CHECK(play.pauser.pauses.size() == 1);
    CHECK(report->tasks[1].items.size() == 3);
    CHECK(report->tasks[2].outcome.skipped);
    CHECK(report->tasks[3].outcome.failed);
    CHECK(report->tasks[4].outcome.skipped);
    CHECK(report->tasks[5].outcome.message.text() == "a True True False");
}

TEST_CASE("task runner: set_fact in a loop sees what the items before it set") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - set_fact: {all: '{{ all | default([]) + [item * 2] }}'}\n      loop: [1, 2, 3]\n"
        "    - debug: {msg: '{{ all }}'}\n");
    CHECK(to_repr(report->tasks[1].outcome.message) == "[2, 4, 6]");
}

TEST_CASE("task runner: parameters are checked when they are known") {
    test::PlayFixture play;
    for (const std::string_view task :
         {"    - file: {path: '{{ x }}', state: touch}\n      vars: {x: relative}\n",
          "    - file: {path: '{{ nosuch }}'}\n", "    - stat: {path: '{{ [1] }}'}\n",
          "    - pause: {seconds: '{{ \"x\" }}'}\n",
          "    - find: {paths: /tmp, age: '{{ \"1y\" }}'}\n",
          "    - file: {path: '{{ omit }}'}\n"}) {
        CAPTURE(task);
        const auto report = play.run_tasks(task);
        REQUIRE(report);
        CHECK(report->tasks[0].outcome.failed);
    }
    CHECK(play.debug("'{{ omit }}'").text() == "Hello world!");
}

TEST_CASE("task runner: environment reaches the program, the nearest value wins") {
    test::PlayFixture play;
    play.spawner.answer(test::PlayFixture::exits(0));
    const auto report =
        play.run_tasks("    - command: \"true\"\n      environment: {B: '{{ 1 + 1 }}', C: c}\n",
                       "  environment: {A: a, C: play}\n");
    REQUIRE(report);
    const auto& variables = play.spawner.asked[0].environment;
    const auto has = [&](std::string_view text) {
        return std::find(variables.begin(), variables.end(), text) != variables.end();
    };
    CHECK(has("A=a"));
    CHECK(has("B=2"));
    CHECK(has("C=c"));
    CHECK(has("LANG=C.UTF-8"));
    const auto refused = play.run_tasks(
        "    - command: \"true\"\n      environment: '{{ e }}'\n      vars: {e: {LD_PRELOAD: "
        "x}}\n");
    CHECK(refused->tasks[0].outcome.failed);
}

TEST_CASE("task runner: the time limit is the task's, and never beyond the policy's") {
    test::PlayFixture play;
    for (int i = 0; i < 3; ++i) play.spawner.answer(test::PlayFixture::exits(0));
    REQUIRE(
        play.run_tasks("    - command: \"true\"\n      timeout: 7\n"
                       "    - command: \"true\"\n      timeout: 7000\n"
                       "    - command: \"true\"\n"));
    CHECK(play.spawner.asked[0].timeout == seconds(7));
    CHECK(play.spawner.asked[1].timeout == seconds(60));
    CHECK(play.spawner.asked[2].timeout == seconds(60));
}

TEST_CASE("task runner: no_log keeps the result for later and shows nothing") {
    test::PlayFixture play;
    play.spawner.answer(test::PlayFixture::exits(0, "secret"));
    play.spawner.answer(test::PlayFixture::exits(1, "secret"));
    const auto report = play.run_tasks(
        "    - command: \"true\"\n      no_log: true\n      register: r\n"
        "    - debug: {msg: '{{ r.stdout | length }}'}\n"
        "    - command: \"true {{ item }}\"\n      loop: [secret]\n      no_log: true\n"
        "      ignore_errors: true\n");
    REQUIRE(report);
    CHECK(report->tasks[1].outcome.message.integer() == 6);
    const std::string json = to_json(*report);
    CHECK(json.find("secret") == std::string::npos);
    CHECK(json.find("censored") != std::string::npos);
}

}  // namespace homeostat::playbook
